# question: 4.8
# expects: only-out
# score: 1
# The way back is forgotten.
ecs.update_service(cluster="default", service="web", desiredCount=5)
lab.wait("services_stable", cluster="default", services=["web"])
