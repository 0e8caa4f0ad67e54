# question: 1.1
# expects: words
# score: 0
words = ["scheduler", "API", "Docker", "Docker", "API", "instance"]
lab.answer("1.1", words)
