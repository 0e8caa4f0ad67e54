# question: 6.3
# expects: localhost
# The port was not what was wrong.
ecs.register_task_definition(**frontend("http://localhost:8000/"))
stop("frontend")
start("frontend", network=network())
