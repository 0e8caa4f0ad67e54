# question: 14.1
# expects: rounding
# score: 1.8
bounds = [(10, 20), (2, 4), (1, 5), (0, 5), (6, 8)]
lab.answer("14.1", bounds)
