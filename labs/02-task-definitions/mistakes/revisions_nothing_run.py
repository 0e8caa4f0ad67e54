# question: 2.2
# expects: not-run
# score: 3
# Registering is taken for running.
box = {"name": "web", "image": "ecslab/web:2", "memory": 128, "portMappings": [{"containerPort": 80}]}
ecs.register_task_definition(family="hello", cpu="256", memory="512", containerDefinitions=[box])
ecs.deregister_task_definition(taskDefinition="hello:1")
