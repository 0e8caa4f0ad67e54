# question: 2.7
# expects: swapped
# score: 0
# The wrong container may die.
web, helper = pair["containerDefinitions"]
ecs.register_task_definition(family="pair", containerDefinitions=[web | {"essential": False}, helper])
ecs.run_task(cluster="default", taskDefinition="pair")
