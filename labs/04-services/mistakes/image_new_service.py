# question: 4.6
# expects: recreated
# score: 0
# The service is deleted and made again.
ecs.delete_service(cluster="default", service="web", force=True)
lab.wait("services_inactive", cluster="default", services=["web"])
ecs.create_service(cluster="default", serviceName="web", taskDefinition=third, desiredCount=3)
lab.wait("services_stable", cluster="default", services=["web"])
