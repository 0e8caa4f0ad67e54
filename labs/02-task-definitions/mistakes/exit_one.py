# question: 2.5
# expects: own-exit
# score: 0
# A kill is taken for an error of the program.
lab.answer("2.5", 1)
