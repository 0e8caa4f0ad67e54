# question: 6.10
# expects: one-zone
ecs.register_task_definition(family="menu-card", containerDefinitions=[box("web", 80)], **fargate)
card = start("menu-card", network=network())[-1]
web = box("web", 80, environment=[{"name": "MENU", "value": f"http://{inside(card)}/"}])
ecs.register_task_definition(
    family="bistro", containerDefinitions=[web, box("cache", 9000, essential=False)], **fargate
)
start("bistro", 2, network=network("us-east-1a"))
