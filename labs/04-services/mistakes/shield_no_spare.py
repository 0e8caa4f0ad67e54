# question: 4.11
# expects: no-spare
# Four are needed, and four are wanted.
ecs.create_service(
    cluster="default",
    serviceName="shield",
    taskDefinition="shield:1",
    desiredCount=4,
    deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 150},
)
lab.wait("services_stable", cluster="default", services=["shield"])
