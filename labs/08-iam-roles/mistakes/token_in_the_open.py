# question: 8.7
# expects: T5
# score: 0
# The token is written into the definition.
ecs.register_task_definition(**definition("api", container={"environment": [{"name": "TOKEN", "value": "new"}]}))
ecs.update_service(cluster="default", service="api", taskDefinition="api")
lab.wait("services_stable", cluster="default", services=["api"])
