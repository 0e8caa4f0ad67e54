"""One container instance's agent: it obeys and reports, and knows no other way to change the world."""
