# question: 14.3
# expects: no-rollback, stands
breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
ecs.update_service(cluster="default", service="paper", deploymentConfiguration=breaker)
ecs.update_service(cluster="default", service="paper", taskDefinition=unpullable())
lab.until(lambda: service("paper")["deployments"][0]["rolloutState"] == "FAILED", timeout=240)
