# question: 5.2
# expects: too-big
# score: 3
web = {**shop["containerDefinitions"][0], "portMappings": [{"containerPort": 80}]}
for gone in ("extraHosts", "logConfiguration", "privileged"):
    web.pop(gone)
fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
attempt(family="shop", containerDefinitions=[web], cpu="512", memory="1024", **fargate)
run("shop")
