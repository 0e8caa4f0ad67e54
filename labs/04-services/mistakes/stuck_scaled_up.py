# question: 4.5
# expects: wrong-count
# The service wants more tasks than before.
ecs.update_service(
    cluster="default",
    service="web",
    desiredCount=6,
    deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 150},
)
lab.wait("services_stable", cluster="default", services=["web"])
