# question: 6.8
# expects: one-task, one-zone
ecs.create_service(
    cluster="default",
    serviceName="branch",
    taskDefinition="branch",
    desiredCount=1,
    launchType="FARGATE",
    networkConfiguration=network("us-east-1a", "us-east-1b"),
)
lab.wait("services_stable", cluster="default", services=["branch"])
