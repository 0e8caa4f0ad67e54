# question: 14.6
# expects: canary, all-at-once
# score: 1
few = [9, 100, 0]
lab.answer("14.6", few)
