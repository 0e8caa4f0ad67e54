# question: 14.1
# expects: bounds
# score: 0
bounds = [(100, 200), (50, 100), (50, 150), (0, 100), (90, 110)]
lab.answer("14.1", bounds)
