# question: 5.7
# expects: replica
# score: 2
spread = [{"type": "spread", "field": "instanceId"}]
ecs.create_service(
    cluster="default",
    serviceName="watchman",
    taskDefinition="watchman",
    launchType="EC2",
    desiredCount=2,
    placementStrategy=spread,
)
ecs.create_service(
    cluster="default",
    serviceName="watchman-fargate",
    taskDefinition="watchman-fargate",
    launchType="FARGATE",
    desiredCount=2,
    networkConfiguration=network("us-east-1a", "us-east-1b"),
)
lab.wait("services_stable", cluster="default", services=["watchman", "watchman-fargate"])
