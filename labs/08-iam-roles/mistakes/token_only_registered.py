# question: 8.7
# expects: T4
# score: 0
# A new revision alone changes no service.
ecs.register_task_definition(
    **definition(
        "api",
        container={"secrets": [{"name": "TOKEN", "valueFrom": "/shop/token"}]},
        executionRoleArn=role_arn("api-execution"),
    )
)
