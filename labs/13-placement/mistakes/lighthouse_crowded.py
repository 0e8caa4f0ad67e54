# question: 13.4
# expects: not-distinct, one-zone
ecs.create_service(
    cluster="harbour",
    serviceName="lighthouse",
    taskDefinition="lighthouse",
    desiredCount=3,
    placementConstraints=[{"type": "memberOf", "expression": "attribute:ecs.availability-zone == us-east-1a"}],
)
lab.until(lambda: running("lighthouse") == 3, timeout=90)
