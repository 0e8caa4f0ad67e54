# question: 6.3
# expects: no-answer
ecs.register_task_definition(**frontend("http://172.31.200.200/"))
stop("frontend")
start("frontend", network=network())
