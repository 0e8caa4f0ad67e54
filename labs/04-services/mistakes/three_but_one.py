# question: 4.1
# expects: wrong-count
# The number is forgotten.
ecs.create_service(cluster="default", serviceName="web", taskDefinition="web", desiredCount=1)
lab.wait("services_stable", cluster="default", services=["web"])
