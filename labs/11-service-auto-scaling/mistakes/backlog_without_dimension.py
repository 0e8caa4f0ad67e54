# question: 11.8
# expects: still-silent
track(backlog())
publish(8)
