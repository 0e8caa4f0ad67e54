# question: 4.9
# expects: replica
# score: 0
# Two tasks for two instances, and none for the third.
ecs.create_service(
    cluster="default",
    serviceName="logger",
    taskDefinition="logger",
    desiredCount=2,
    placementStrategy=[{"type": "spread", "field": "instanceId"}],
)
lab.wait("services_stable", cluster="default", services=["logger"])
