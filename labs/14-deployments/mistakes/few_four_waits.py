# question: 14.6
# expects: steps
# score: 2
few = [12, 10, 100]
lab.answer("14.6", few)
