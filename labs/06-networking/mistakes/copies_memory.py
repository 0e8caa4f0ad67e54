# question: 6.6
# expects: wrong-reason
# score: 1
lab.answer("6.6", [2, "RESOURCE:MEMORY"])
