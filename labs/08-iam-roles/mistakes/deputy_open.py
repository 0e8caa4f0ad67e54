# question: 8.8
# expects: deputy
# score: 1
# Nothing is said about whose task it is.
make_role("careful")
ecs.register_task_definition(**definition("careful", taskRoleArn=role_arn("careful")))
try:
    start("careful")
except ClientError as refusal:
    print(refusal)
