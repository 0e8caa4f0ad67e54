# question: 8.7
# expects: not_attempted
# score: 0
# Waiting brings nothing.
lab.time.sleep(5)
