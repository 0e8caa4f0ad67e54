# question: 8.2
# expects: T6
# score: 0
# The role trusts ECS itself, and not its tasks.
make_role("app-task", allow("s3:GetObject", "arn:aws:s3:::menu/*"), trusted="ecs.amazonaws.com")
ecs.register_task_definition(**definition("app", taskRoleArn=role_arn("app-task")))
try:
    start("app")
except ClientError as refusal:
    print(refusal)
