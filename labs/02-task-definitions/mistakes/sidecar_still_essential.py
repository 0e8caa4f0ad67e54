# question: 2.7
# expects: T36
# score: 0
# Every container is left essential.
web, helper = pair["containerDefinitions"]
ecs.register_task_definition(family="pair", containerDefinitions=[web, helper | {"essential": True}])
ecs.run_task(cluster="default", taskDefinition="pair")
