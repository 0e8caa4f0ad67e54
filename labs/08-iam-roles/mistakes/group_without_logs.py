# question: 8.5
# expects: no-log
# score: 0
# The log is given up.
ecs.register_task_definition(**definition("till", executionRoleArn=role_arn("till-execution")))
start("till")
