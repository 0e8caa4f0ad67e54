# question: 4.11
# expects: too-many
# score: 3
# Twice as many as wanted is more than eight.
ecs.create_service(
    cluster="default",
    serviceName="shield",
    taskDefinition="shield:1",
    desiredCount=5,
    deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200},
)
lab.wait("services_stable", cluster="default", services=["shield"])
