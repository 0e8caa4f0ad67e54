"""Application Auto Scaling for ECS services: what is registered, and the verbs that change it. It scales nothing."""
