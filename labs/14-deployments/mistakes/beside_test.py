# question: 14.4
# expects: test-is-production, bake
# score: 1.5
beside = [6, 100, 0, 3]
lab.answer("14.4", beside)
