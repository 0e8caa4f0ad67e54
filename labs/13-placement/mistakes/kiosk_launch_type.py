# question: 13.6
# expects: T62
ecs.create_service(
    cluster="default",
    serviceName="kiosk",
    taskDefinition="kiosk",
    desiredCount=5,
    networkConfiguration=network,
    launchType="FARGATE",
)
lab.until(lambda: running("kiosk", "default") == 5, timeout=90)
