# question: 5.6
# expects: part
# score: 2.25
dollars = [0.1234, 0.12, 0.1975, 0.192]
lab.answer("5.6", dollars)
