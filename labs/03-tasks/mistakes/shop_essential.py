# question: 3.3
# expects: not_attempted
register("shop", migrate(), web(dependsOn=[{"containerName": "migrate", "condition": "SUCCESS"}]))
