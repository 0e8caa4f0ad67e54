# question: 13.1
# expects: T56
# score: 3
numbers = [3, 2, 2, 9]
lab.answer("13.1", numbers)
