# question: 8.8
# expects: T6
# score: 0
# The role trusts ECS itself, and not its tasks.
make_role("careful", trusted="ecs.amazonaws.com")
ecs.register_task_definition(**definition("careful", taskRoleArn=role_arn("careful")))
try:
    start("careful")
except ClientError as refusal:
    print(refusal)
