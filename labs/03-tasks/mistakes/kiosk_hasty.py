# question: 3.8
# expects: not-over
# score: 2
waiting = till(dependsOn=[{"containerName": "ledger", "condition": "START"}])
long = box("report", "log", "30", "--every", "1", essential=False)
register("kiosk", long, ledger(), waiting)
end(start("kiosk"))
