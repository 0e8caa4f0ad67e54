# question: 1.6
# expects: still-there, still-billed
# score: 0
ecs.delete_service(cluster="attic", service="lantern", force=True)
lab.until(lambda: not tasks_of("lantern", "attic"), timeout=60)
