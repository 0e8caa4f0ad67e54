# question: 6.8
# expects: public
# score: 2
wide = network("us-east-1a", "us-east-1b")
wide["awsvpcConfiguration"]["assignPublicIp"] = "ENABLED"
ecs.create_service(
    cluster="default",
    serviceName="branch",
    taskDefinition="branch",
    desiredCount=2,
    launchType="FARGATE",
    networkConfiguration=wide,
)
lab.wait("services_stable", cluster="default", services=["branch"])
