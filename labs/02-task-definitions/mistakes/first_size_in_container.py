# question: 2.1
# expects: T31
# The size of the task is written into the container.
hello = {
    "family": "hello",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "ecslab/web:1",
            "cpu": 256,
            "memory": 512,
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "COURSE", "value": "ecs"}],
        }
    ],
}
ecs.register_task_definition(**hello)
started = ecs.run_task(cluster="default", taskDefinition="hello")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
