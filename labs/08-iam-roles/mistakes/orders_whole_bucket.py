# question: 8.3
# expects: too-wide,lists-all
# score: 1
# The whole bucket is allowed.
make_role(
    "orders-task",
    allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::shop", "arn:aws:s3:::shop/*"]),
)
ecs.register_task_definition(**definition("orders", taskRoleArn=role_arn("orders-task")))
start("orders")
