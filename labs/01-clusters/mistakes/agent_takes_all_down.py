# question: 1.4
# expects: T59
# score: 2
outcome = [False, False, "AGENT"]
lab.answer("1.4", outcome)
