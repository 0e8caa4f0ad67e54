# question: 2.2
# expects: T52
# score: 3
# Deregistering is thought to stop tasks, so the task is stopped as well.
old = tasks_of("hello")[0]["taskArn"]
box = {"name": "web", "image": "ecslab/web:2", "memory": 128, "portMappings": [{"containerPort": 80}]}
ecs.register_task_definition(family="hello", cpu="256", memory="512", containerDefinitions=[box])
started = ecs.run_task(cluster="default", taskDefinition="hello")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
ecs.deregister_task_definition(taskDefinition="hello:1")
ecs.stop_task(cluster="default", task=old)
lab.wait("tasks_stopped", cluster="default", tasks=[old])
