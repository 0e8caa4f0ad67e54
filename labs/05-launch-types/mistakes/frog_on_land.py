# question: 5.8
# expects: one, unchecked
web = [{"name": "web", "image": "ecslab/web:1", "memory": 128, "portMappings": [{"containerPort": 80}]}]
attempt(family="frog", networkMode="bridge", containerDefinitions=web)
run("frog", "EC2", awsvpc=False)
