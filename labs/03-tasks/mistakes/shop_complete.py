# question: 3.3
# expects: complete
# score: 2.25
register("shop", migrate(essential=False), web(dependsOn=[{"containerName": "migrate", "condition": "COMPLETE"}]))
start("shop")
