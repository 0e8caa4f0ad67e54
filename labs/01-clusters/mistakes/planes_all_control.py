# question: 1.1
# expects: planes, wish-and-report
# score: 1.5
words = ["control plane"] * 6
lab.answer("1.1", words)
