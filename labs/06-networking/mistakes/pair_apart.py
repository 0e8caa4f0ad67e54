# question: 6.2
# expects: apart
# The cache is a task of its own.
ecs.register_task_definition(family="pair", containerDefinitions=[box("web", 80)], **fargate)
ecs.register_task_definition(family="cache", containerDefinitions=[box("cache", 9000)], **fargate)
start("cache", 2, network=network())
start("pair", 2, network=network())
