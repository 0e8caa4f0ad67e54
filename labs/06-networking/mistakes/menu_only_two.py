# question: 6.4
# expects: wrong-count
stop("menu")
free = box("web", 80, portMappings=[{"containerPort": 80}])
ecs.register_task_definition(family="menu", networkMode="bridge", containerDefinitions=[free])
start("menu", 2)
