# question: 13.4
# expects: zone-c
ecs.create_service(
    cluster="harbour",
    serviceName="lighthouse",
    taskDefinition="lighthouse",
    desiredCount=3,
    placementConstraints=[{"type": "distinctInstance"}],
)
lab.until(lambda: running("lighthouse") == 3, timeout=90)
