# question: 11.1
# expects: rounded-down
lab.answer("11.1", [6, 16, 3])
