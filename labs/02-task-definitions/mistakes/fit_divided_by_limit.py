# question: 2.3
# expects: T34
# score: 0
# The hard limit is taken for what is set aside.
lab.answer("2.3", 3)
