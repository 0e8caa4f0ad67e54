# question: 8.2
# expects: too-wide
# score: 2
# Every object of every bucket.
make_role("app-task", allow("s3:GetObject"))
ecs.register_task_definition(**definition("app", taskRoleArn=role_arn("app-task")))
start("app")
