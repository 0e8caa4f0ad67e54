# question: 5.1
# expects: T53, T14
# score: 2
words = ["EC2", "both", "both", "neither", "both", "FARGATE"]
lab.answer("5.1", words)
