# question: 8.2
# expects: not-allowed
# score: 0
# The ARN of the bucket is not that of its objects.
make_role("app-task", allow("s3:GetObject", "arn:aws:s3:::menu"))
ecs.register_task_definition(**definition("app", taskRoleArn=role_arn("app-task")))
start("app")
