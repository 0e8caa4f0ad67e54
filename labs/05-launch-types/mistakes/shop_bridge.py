# question: 5.2
# expects: not_attempted
attempt(**{**shop, "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"})
