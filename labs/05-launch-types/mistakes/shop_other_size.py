# question: 5.2
# expects: not_attempted
web = {"name": "web", "image": "ecslab/web:1", "portMappings": [{"containerPort": 80}]}
fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
attempt(family="shop", containerDefinitions=[web], cpu="300", memory="600", **fargate)
