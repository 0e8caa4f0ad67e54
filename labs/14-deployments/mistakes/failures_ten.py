# question: 14.2
# expects: threshold
# score: 1
failures = [10, 10, 13, 200]
lab.answer("14.2", failures)
