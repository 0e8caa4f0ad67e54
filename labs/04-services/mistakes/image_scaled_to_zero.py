# question: 4.6
# expects: scaled-to-zero
# score: 0
# Scaling to nothing stops the good tasks, too.
ecs.update_service(cluster="default", service="web", desiredCount=0)
