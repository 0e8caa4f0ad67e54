# question: 8.10
# expects: not-nothing
# The boundary is taken for a missing permission.
lab.answer("8.10", ["deny", "nothing", "nothing"])
