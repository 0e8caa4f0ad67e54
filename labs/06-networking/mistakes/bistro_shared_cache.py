# question: 6.10
# expects: cache-everywhere
both = [box("web", 80), box("cache", 9000, essential=False)]
ecs.register_task_definition(family="menu-card", containerDefinitions=both, **fargate)
card = start("menu-card", network=network())[-1]
web = box("web", 80, environment=[{"name": "MENU", "value": f"http://{inside(card)}/"}])
ecs.register_task_definition(
    family="bistro", containerDefinitions=[web, box("cache", 9000, essential=False)], **fargate
)
start("bistro", network=network("us-east-1a"))
start("bistro", network=network("us-east-1b"))
