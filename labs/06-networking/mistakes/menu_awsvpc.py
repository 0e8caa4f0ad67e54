# question: 6.4
# expects: mode
# score: 0
stop("menu")
ecs.register_task_definition(family="menu", containerDefinitions=[box("web", 80)], **fargate)
start("menu", 3, network=network())
