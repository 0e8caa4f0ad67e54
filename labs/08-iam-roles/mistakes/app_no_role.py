# question: 8.2
# expects: no-role
# score: 0
# The role exists, and nobody names it.
make_role("app-task", allow("s3:GetObject", "arn:aws:s3:::menu/*"))
ecs.register_task_definition(**definition("app"))
start("app")
