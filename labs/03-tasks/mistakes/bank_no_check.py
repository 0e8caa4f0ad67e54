# question: 3.4
# expects: T39, too-early
# score: 0
register("bank", database(), web(dependsOn=[{"containerName": "db", "condition": "START"}]))
start("bank")
