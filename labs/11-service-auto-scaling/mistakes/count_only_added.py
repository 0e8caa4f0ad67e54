# question: 11.1
# expects: only-added
lab.answer("11.1", [2, 6, 1])
