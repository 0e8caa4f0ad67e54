# question: 2.1
# expects: no-environment
# score: 3
# The variable is forgotten.
hello = {
    "family": "hello",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "ecslab/web:1",
            "memory": 128,
            "portMappings": [{"containerPort": 80}],
        }
    ],
}
ecs.register_task_definition(**hello)
started = ecs.run_task(cluster="default", taskDefinition="hello")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
