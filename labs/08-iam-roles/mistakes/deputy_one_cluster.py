# question: 8.8
# expects: T7
# score: 0
# The source is thought to be the cluster.
condition = {"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/default"}}
iam.create_role(RoleName="careful", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com", Condition=condition))
ecs.register_task_definition(**definition("careful", taskRoleArn=role_arn("careful")))
try:
    start("careful")
except ClientError as refusal:
    print(refusal)
