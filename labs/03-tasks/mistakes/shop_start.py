# question: 3.3
# expects: too-early, no-success
register("shop", migrate(essential=False), web(dependsOn=[{"containerName": "migrate", "condition": "START"}]))
arn = start("shop")
lab.until(
    lambda: not any(c["lastStatus"] == "RUNNING" and c["name"] == "migrate" for c in described(arn)["containers"])
)
