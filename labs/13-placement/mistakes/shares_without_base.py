# question: 13.5
# expects: no-base
# score: 0
shares = [[3, 7], [5, 17]]
lab.answer("13.5", shares)
