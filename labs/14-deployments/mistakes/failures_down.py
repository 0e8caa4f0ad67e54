# question: 14.2
# expects: rounding
# score: 1.5
failures = [3, 3, 12, 200]
lab.answer("14.2", failures)
