# question: 4.3
# expects: rounded-down
# score: 0.5
# 1.5 is rounded down.
lab.answer("4.3", [1, 4])
