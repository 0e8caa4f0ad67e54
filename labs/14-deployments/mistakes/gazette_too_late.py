# question: 14.5
# expects: too-late
# score: 3
asked = {"hookTargetArn": function, "roleArn": hook_role, "lifecycleStages": ["POST_PRODUCTION_TRAFFIC_SHIFT"]}
ecs.update_service(
    cluster="default",
    service="gazette",
    taskDefinition=version(2),
    deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [asked]},
)
ends("gazette")
