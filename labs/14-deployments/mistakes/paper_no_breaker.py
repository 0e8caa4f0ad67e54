# question: 14.3
# expects: T68
ecs.update_service(cluster="default", service="paper", taskDefinition=unpullable())
lab.until(lambda: service("paper")["deployments"][0]["failedTasks"] >= 3, timeout=120)
