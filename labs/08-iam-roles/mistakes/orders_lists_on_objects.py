# question: 8.3
# expects: list-on-objects
# score: 2
# ListBucket is allowed on objects.
make_role(
    "orders-task",
    allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::shop/orders/*"),
)
ecs.register_task_definition(**definition("orders", taskRoleArn=role_arn("orders-task")))
start("orders")
