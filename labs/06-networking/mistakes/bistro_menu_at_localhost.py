# question: 6.10
# expects: no-menu
ecs.register_task_definition(family="menu-card", containerDefinitions=[box("web", 80)], **fargate)
start("menu-card", network=network())
web = box("web", 80, environment=[{"name": "MENU", "value": "http://localhost:80/"}])
ecs.register_task_definition(
    family="bistro", containerDefinitions=[web, box("cache", 9000, essential=False)], **fargate
)
start("bistro", network=network("us-east-1a"))
start("bistro", network=network("us-east-1b"))
