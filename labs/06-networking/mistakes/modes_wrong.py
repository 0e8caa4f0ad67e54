# question: 6.1
# expects: wrong-mode
words = ["none", "bridge", "host", "awsvpc", "awsvpc"]
lab.answer("6.1", words)
