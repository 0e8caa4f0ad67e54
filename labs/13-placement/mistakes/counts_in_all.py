# question: 13.1
# expects: in-all, count
# score: 2
numbers = [9, 9, 2, 6]
lab.answer("13.1", numbers)
