# question: 6.5
# expects: T25
ecs.register_task_definition(
    family="linked",
    networkMode="bridge",
    containerDefinitions=[box("web", 80), box("cache", 9000, essential=False)],
)
start("linked")
