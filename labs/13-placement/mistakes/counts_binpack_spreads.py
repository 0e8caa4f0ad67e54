# question: 13.1
# expects: T54
# score: 3
numbers = [3, 2, 3, 6]
lab.answer("13.1", numbers)
