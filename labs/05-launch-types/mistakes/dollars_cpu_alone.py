# question: 5.6
# expects: sum
# score: 1.5
dollars = [0.1012, 0.192, 0.1619, 0.192]
lab.answer("5.6", dollars)
