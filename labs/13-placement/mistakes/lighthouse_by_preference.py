# question: 13.4
# expects: T56
ecs.create_service(
    cluster="harbour",
    serviceName="lighthouse",
    taskDefinition="lighthouse",
    desiredCount=3,
    placementStrategy=[{"type": "spread", "field": "instanceId"}],
    placementConstraints=[
        {"type": "memberOf", "expression": "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]"}
    ],
)
lab.until(lambda: running("lighthouse") == 3, timeout=90)
