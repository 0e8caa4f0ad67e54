# question: 5.2
# expects: not-run
# score: 0
web = {"name": "web", "image": "ecslab/web:1", "environment": [{"name": "VERSION", "value": "7"}]}
fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
attempt(family="shop", containerDefinitions=[web], **fargate)
