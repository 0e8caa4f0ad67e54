# question: 6.2
# expects: mode
# score: 0
ecs.register_task_definition(
    family="pair",
    networkMode="bridge",
    containerDefinitions=[box("web", 80), box("cache", 9000, essential=False)],
)
start("pair", 2)
