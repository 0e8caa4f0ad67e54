# question: 14.4
# expects: second-set, blue-gone
# score: 1.5
beside = [3, 0, 100, 0]
lab.answer("14.4", beside)
