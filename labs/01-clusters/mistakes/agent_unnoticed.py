# question: 1.4
# expects: connected
# score: 2
outcome = [True, True, "AGENT"]
lab.answer("1.4", outcome)
