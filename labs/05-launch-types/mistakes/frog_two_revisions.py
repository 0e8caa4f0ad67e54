# question: 5.8
# expects: two, unchecked
web = [{"name": "web", "image": "ecslab/web:1", "portMappings": [{"containerPort": 80}]}]
for launch in ("EC2", "FARGATE"):
    attempt(
        family="frog",
        networkMode="awsvpc",
        requiresCompatibilities=[launch],
        cpu="256",
        memory="512",
        containerDefinitions=web,
    )
    run("frog", launch)
