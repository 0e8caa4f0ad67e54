# question: 3.8
# expects: essential
# score: 2
register("kiosk", report(), ledger(), till(dependsOn=[{"containerName": "ledger", "condition": "START"}]))
start("kiosk", until=("STOPPED",))
