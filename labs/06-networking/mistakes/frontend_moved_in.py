# question: 6.3
# expects: moved-in
definition = frontend("http://localhost:9000/")
definition["containerDefinitions"].append(box("backend", 9000))
ecs.register_task_definition(**definition)
stop("frontend")
start("frontend", network=network())
