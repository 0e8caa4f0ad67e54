# question: 2.1
# expects: T34
# score: 3
# The soft setting is taken for the hard one.
hello = {
    "family": "hello",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "ecslab/web:1",
            "memoryReservation": 128,
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "COURSE", "value": "ecs"}],
        }
    ],
}
ecs.register_task_definition(**hello)
started = ecs.run_task(cluster="default", taskDefinition="hello")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
