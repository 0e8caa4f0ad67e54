# question: 4.4
# expects: T67
# score: 0
# No room above and none below.
ecs.register_task_definition(**web_definition(2))
ecs.update_service(
    cluster="default",
    service="web",
    taskDefinition="web",
    deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 100},
)
lab.until(lambda: "unable" in service("web")["events"][0]["message"], timeout=120)
