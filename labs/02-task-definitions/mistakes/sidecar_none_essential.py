# question: 2.7
# expects: not_attempted
# score: 0
# T37: AWS refuses it, and nothing is registered.
web, helper = pair["containerDefinitions"]
ecs.register_task_definition(
    family="pair", containerDefinitions=[web | {"essential": False}, helper | {"essential": False}]
)
ecs.run_task(cluster="default", taskDefinition="pair")
