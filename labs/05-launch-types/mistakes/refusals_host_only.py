# question: 5.4
# expects: T14, T49, placement
# score: 2
refused = ["a", "c"]
lab.answer("5.4", refused)
