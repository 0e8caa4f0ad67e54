# question: 4.10
# expects: only-scaled
# score: 0
# The service is still there.
ecs.update_service(cluster="default", service="fragile", desiredCount=0)
