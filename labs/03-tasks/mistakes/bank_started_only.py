# question: 3.4
# expects: too-early
# score: 1
alive = {"command": ["CMD", "app", "health", "--port", "5432"], "interval": 5}
register("bank", database(healthCheck=alive), web(dependsOn=[{"containerName": "db", "condition": "START"}]))
arn = start("bank")
lab.until(lambda: any(c.get("healthStatus") == "HEALTHY" for c in described(arn)["containers"]), timeout=30)
