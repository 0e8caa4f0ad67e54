# question: 3.4
# expects: check-fails, no-web
# score: 0
alive = {"command": ["CMD", "app", "health"], "interval": 5, "retries": 10}
register("bank", database(healthCheck=alive), web(dependsOn=[{"containerName": "db", "condition": "HEALTHY"}]))
start("bank", until=("ACTIVATING",))
