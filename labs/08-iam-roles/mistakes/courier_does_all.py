# question: 8.11
# expects: too-wide
# score: 2
# Everything is allowed.
make_role(
    "courier-task",
    allow("*"),
)
ecs.register_task_definition(**definition("courier", taskRoleArn=role_arn("courier-task")))
start("courier")
