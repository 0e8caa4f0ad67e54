# question: 5.6
# expects: cpu
# score: 1.5
dollars = [0.1234, 0.096, 0.1975, 0.096]
lab.answer("5.6", dollars)
