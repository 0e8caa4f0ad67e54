# question: 6.4
# expects: T15
stop("menu")
for port in (8080, 8081, 8082):
    fixed = box("web", 80, portMappings=[{"containerPort": 80, "hostPort": port}])
    ecs.register_task_definition(family="menu", networkMode="bridge", containerDefinitions=[fixed])
    start("menu")
