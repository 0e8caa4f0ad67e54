# question: 5.2
# expects: changed
# score: 3
web = {"name": "web", "image": "ecslab/web:1", "portMappings": [{"containerPort": 80}]}
fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
attempt(family="shop", containerDefinitions=[web], **fargate)
run("shop")
