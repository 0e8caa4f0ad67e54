# question: 6.7
# expects: T22
lab.answer("6.7", [3, 3, 10])
