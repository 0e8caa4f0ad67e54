# question: 1.3
# expects: T31
# score: 1
numbers = [2, 3]
lab.answer("1.3", numbers)
