# question: 2.8
# expects: T14
# score: 0
# The numbers match, but the program listens on 80.
box = {"name": "web", "image": "ecslab/web:1", "memory": 64}
attempt(broken["fix-ports"] | {"containerDefinitions": [box | {"portMappings": [{"containerPort": 8080}]}]})
