# question: 4.5
# expects: below
# score: 2
# All of them go at the same time.
ecs.update_service(
    cluster="default", service="web", deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100}
)
lab.wait("services_stable", cluster="default", services=["web"])
