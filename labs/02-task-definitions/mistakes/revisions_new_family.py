# question: 2.2
# expects: new-family
# score: 0
# A new family is taken for a new revision.
box = {"name": "web", "image": "ecslab/web:2", "memory": 128, "portMappings": [{"containerPort": 80}]}
ecs.register_task_definition(family="hello2", cpu="256", memory="512", containerDefinitions=[box])
started = ecs.run_task(cluster="default", taskDefinition="hello2")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
