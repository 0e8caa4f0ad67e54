# question: 4.3
# expects: lower,upper
# score: 0
# The defaults are taken for the bounds.
lab.answer("4.3", [3, 6])
