# question: 2.7
# expects: app-changed
# score: 0
# The helper is changed instead of the task.
web, helper = pair["containerDefinitions"]
ecs.register_task_definition(family="pair", containerDefinitions=[web, helper | {"command": ["sleep", "600"]}])
ecs.run_task(cluster="default", taskDefinition="pair")
