# question: 8.2
# expects: T1
# score: 0
# The permission is put on the execution role, and no task role is given.
make_role("app-execution", allow("s3:GetObject", "arn:aws:s3:::menu/*"))
ecs.register_task_definition(**definition("app", executionRoleArn=role_arn("app-execution")))
start("app")
