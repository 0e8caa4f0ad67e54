# question: 2.2
# expects: still-active
# score: 2
# The old revision stays ACTIVE.
box = {"name": "web", "image": "ecslab/web:2", "memory": 128, "portMappings": [{"containerPort": 80}]}
ecs.register_task_definition(family="hello", cpu="256", memory="512", containerDefinitions=[box])
started = ecs.run_task(cluster="default", taskDefinition="hello")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
