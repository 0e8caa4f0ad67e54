# question: 6.6
# expects: T26
lab.answer("6.6", [3, "RESOURCE:PORTS"])
