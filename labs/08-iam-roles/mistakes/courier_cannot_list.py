# question: 8.11
# expects: missing
# score: 2
# Nobody thought of the listing.
make_role(
    "courier-task",
    allow("s3:GetObject", "arn:aws:s3:::courier/incoming/*"),
    allow("s3:PutObject", "arn:aws:s3:::courier/done/*"),
    allow("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/courier/route"),
)
ecs.register_task_definition(**definition("courier", taskRoleArn=role_arn("courier-task")))
start("courier")
