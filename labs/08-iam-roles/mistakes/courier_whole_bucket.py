# question: 8.11
# expects: too-wide
# score: 2
# The bucket is not divided.
make_role(
    "courier-task",
    allow(["s3:ListBucket", "s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::courier", "arn:aws:s3:::courier/*"]),
    allow("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/courier/route*"),
)
ecs.register_task_definition(**definition("courier", taskRoleArn=role_arn("courier-task")))
start("courier")
