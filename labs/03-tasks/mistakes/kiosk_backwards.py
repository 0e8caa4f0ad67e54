# question: 3.8
# expects: order
# score: 2
register("kiosk", report(essential=False), till(), ledger(dependsOn=[{"containerName": "till", "condition": "START"}]))
arn = start("kiosk")
lab.until(lambda: any(c["name"] == "report" and c["lastStatus"] == "STOPPED" for c in described(arn)["containers"]))
end(arn)
