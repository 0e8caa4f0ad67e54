# question: 8.8
# expects: too-narrow
# score: 0
# StringEquals does not know the star.
condition = {"StringEquals": {"aws:SourceArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:*"}}
iam.create_role(RoleName="careful", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com", Condition=condition))
ecs.register_task_definition(**definition("careful", taskRoleArn=role_arn("careful")))
try:
    start("careful")
except ClientError as refusal:
    print(refusal)
