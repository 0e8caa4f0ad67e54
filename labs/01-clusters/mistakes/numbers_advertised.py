# question: 1.3
# expects: advertised
# score: 1
numbers = [2048, 4]
lab.answer("1.3", numbers)
