# question: 6.1
# expects: fargate
words = ["awsvpc", "bridge", "host", "none", "bridge"]
lab.answer("6.1", words)
