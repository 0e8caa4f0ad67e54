# question: 8.4
# expects: T5
# score: 0
# The password is written into the definition.
open_password = {"environment": [{"name": "DB_PASSWORD", "value": "onion-soup-42"}]}
ecs.register_task_definition(**definition("kitchen", container=open_password))
start("kitchen")
