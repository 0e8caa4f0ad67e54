# question: 6.5
# expects: mode
# score: 0
ecs.register_task_definition(
    family="linked", containerDefinitions=[box("web", 80), box("cache", 9000, essential=False)], **fargate
)
start("linked", network=network())
