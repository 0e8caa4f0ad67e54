# question: 6.7
# expects: primary
lab.answer("6.7", [3, 3, 10])
