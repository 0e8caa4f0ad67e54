# question: 8.3
# expects: lists-all
# score: 2
# The listing has no condition.
make_role(
    "orders-task",
    allow("s3:GetObject", "arn:aws:s3:::shop/orders/*"),
    allow("s3:ListBucket", "arn:aws:s3:::shop"),
)
ecs.register_task_definition(**definition("orders", taskRoleArn=role_arn("orders-task")))
start("orders")
