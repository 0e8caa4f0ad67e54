# question: 5.1
# expects: T79
# score: 2
words = ["EC2", "EC2", "both", "FARGATE", "EC2", "neither"]
lab.answer("5.1", words)
