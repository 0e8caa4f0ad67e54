# question: 4.4
# expects: only-registered
# score: 0
# A service is thought to follow its family.
ecs.register_task_definition(**web_definition(2))
