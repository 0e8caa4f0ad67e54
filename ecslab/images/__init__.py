"""The lab's own container images: one small program, what they are called, and what they do."""
