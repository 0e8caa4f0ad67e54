# question: 14.3
# expects: by-hand
ecs.update_service(cluster="default", service="paper", taskDefinition=unpullable())
lab.until(lambda: service("paper")["deployments"][0]["failedTasks"] >= 1, timeout=120)
ecs.update_service(cluster="default", service="paper", taskDefinition="paper:1")
lab.until(lambda: len(service("paper")["deployments"]) == 1, timeout=240)
ends("paper")
