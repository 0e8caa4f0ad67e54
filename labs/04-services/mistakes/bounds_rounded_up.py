# question: 4.3
# expects: rounded-up
# score: 0.5
# 4.5 is rounded up.
lab.answer("4.3", [2, 5])
