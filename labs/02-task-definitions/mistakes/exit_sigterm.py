# question: 2.5
# expects: sigterm
# score: 0
# A kill is taken for a request.
lab.answer("2.5", 143)
