# question: 14.2
# expects: T69
# score: 1
failures = [1, 2, 13, 200]
lab.answer("14.2", failures)
