# question: 6.6
# expects: T-host-copies
lab.answer("6.6", [3, "RESOURCE:PORTS"])
