# question: 13.5
# expects: base-only
# score: 0
shares = [[2, 8], [2, 20]]
lab.answer("13.5", shares)
