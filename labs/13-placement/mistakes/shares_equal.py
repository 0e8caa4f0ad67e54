# question: 13.5
# expects: T65
shares = [[5, 5], [11, 11]]
lab.answer("13.5", shares)
