# question: 6.2
# expects: one-task
ecs.register_task_definition(
    family="pair", containerDefinitions=[box("web", 80), box("cache", 9000, essential=False)], **fargate
)
start("pair", 1, network=network())
