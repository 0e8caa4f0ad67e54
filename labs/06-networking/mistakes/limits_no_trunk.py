# question: 6.7
# expects: T23
lab.answer("6.7", [2, 2, 2])
