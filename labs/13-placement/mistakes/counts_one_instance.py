# question: 13.1
# expects: too-full
numbers = [3, 2, 1, 6]
lab.answer("13.1", numbers)
