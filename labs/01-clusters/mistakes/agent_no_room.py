# question: 1.4
# expects: T59-resource
# score: 2
outcome = [True, False, "RESOURCE:MEMORY"]
lab.answer("1.4", outcome)
