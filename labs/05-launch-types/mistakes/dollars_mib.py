# question: 5.6
# expects: unit
# score: 1.5
dollars = [22.8596, 0.192, 36.5753, 0.192]
lab.answer("5.6", dollars)
