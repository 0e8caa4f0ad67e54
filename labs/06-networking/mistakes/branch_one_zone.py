# question: 6.8
# expects: one-zone
# score: 2
ecs.create_service(
    cluster="default",
    serviceName="branch",
    taskDefinition="branch",
    desiredCount=2,
    launchType="FARGATE",
    networkConfiguration=network("us-east-1a"),
)
lab.wait("services_stable", cluster="default", services=["branch"])
