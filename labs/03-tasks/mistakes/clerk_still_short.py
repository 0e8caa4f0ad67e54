# question: 3.6
# expects: not-stopped
# score: 0
register("clerk", clerk(stopTimeout=10))
start("clerk")
