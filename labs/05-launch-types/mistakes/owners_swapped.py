# question: 5.1
# expects: whose
# score: 2
words = ["both", "EC2", "FARGATE", "neither", "EC2", "FARGATE"]
lab.answer("5.1", words)
