# question: 8.10
# expects: not-deny
# Every denial is thought to be an explicit one.
lab.answer("8.10", ["deny", "deny", "deny"])
