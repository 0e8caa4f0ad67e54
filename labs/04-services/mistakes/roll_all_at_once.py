# question: 4.4
# expects: below
# score: 2
# The minimum lets all of them go.
ecs.register_task_definition(**web_definition(2))
ecs.update_service(
    cluster="default",
    service="web",
    taskDefinition="web",
    deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100},
)
lab.wait("services_stable", cluster="default", services=["web"])
