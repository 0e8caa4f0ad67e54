# question: 4.11
# expects: percent-low
# The deployment takes three, and the attack a fourth.
ecs.create_service(
    cluster="default",
    serviceName="shield",
    taskDefinition="shield:1",
    desiredCount=6,
    deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100},
)
lab.wait("services_stable", cluster="default", services=["shield"])
