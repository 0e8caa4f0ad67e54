# question: 2.1
# expects: only-registered
# score: 2
# Registering is taken for running.
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
            "environment": [{"name": "COURSE", "value": "ecs"}],
        }
    ],
}
ecs.register_task_definition(**hello)
