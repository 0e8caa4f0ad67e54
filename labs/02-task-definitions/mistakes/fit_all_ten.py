# question: 2.3
# expects: T58
# score: 0
# Asking is taken for getting.
lab.answer("2.3", 10)
