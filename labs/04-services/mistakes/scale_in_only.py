# question: 4.8
# expects: only-in
# score: 1
# The way out is forgotten.
ecs.update_service(cluster="default", service="web", desiredCount=2)
lab.wait("services_stable", cluster="default", services=["web"])
