# question: 5.7
# expects: T53
# score: 2
for name, launch, more in (
    ("watchman", "EC2", {}),
    ("watchman-fargate", "FARGATE", {"networkConfiguration": network()}),
):
    try:
        ecs.create_service(
            cluster="default",
            serviceName=name,
            taskDefinition=name,
            launchType=launch,
            schedulingStrategy="DAEMON",
            **more,
        )
    except ClientError as refusal:
        print(refusal)
lab.wait("services_stable", cluster="default", services=["watchman"])
