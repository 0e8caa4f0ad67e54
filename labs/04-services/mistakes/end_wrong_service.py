# question: 4.10
# expects: wrong-service
# score: 0
# The wrong service is deleted.
ecs.delete_service(cluster="default", service="web", force=True)
