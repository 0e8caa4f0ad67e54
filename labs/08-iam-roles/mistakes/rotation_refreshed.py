# question: 8.6
# expects: T4
# score: 0
# Secrets are thought to be refreshed.
lab.answer("8.6", "a")
