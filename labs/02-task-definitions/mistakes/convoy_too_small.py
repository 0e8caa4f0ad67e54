# question: 2.9
# expects: not-ten
# score: 0
# Five helpers instead of nine.
web = {"name": "web", "image": "ecslab/web:1", "memory": 128, "portMappings": [{"containerPort": 80}]}
helpers = [
    {"name": f"helper-{number}", "image": "ecslab/worker:1", "memory": 64, "essential": False} for number in range(5)
]
ecs.register_task_definition(family="convoy", containerDefinitions=[web, *helpers])
started = ecs.run_task(cluster="default", taskDefinition="convoy")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
