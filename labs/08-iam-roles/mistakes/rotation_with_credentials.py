# question: 8.6
# expects: credentials
# score: 0
# Secrets are taken for credentials.
lab.answer("8.6", "c")
