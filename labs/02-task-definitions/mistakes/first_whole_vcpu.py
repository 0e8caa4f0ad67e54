# question: 2.1
# expects: T31
# score: 3
# A quarter is taken for a whole.
hello = {
    "family": "hello",
    "cpu": "1024",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "ecslab/web:1",
            "memory": 128,
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "COURSE", "value": "ecs"}],
        }
    ],
}
ecs.register_task_definition(**hello)
started = ecs.run_task(cluster="default", taskDefinition="hello")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
