# question: 4.8
# expects: by-hand
# score: 1
# Tasks of a service are stopped by hand.
ecs.update_service(cluster="default", service="web", desiredCount=5)
lab.wait("services_stable", cluster="default", services=["web"])
for arn in running("web")[:3]:
    ecs.stop_task(cluster="default", task=arn)
