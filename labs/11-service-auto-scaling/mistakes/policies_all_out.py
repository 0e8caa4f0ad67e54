# question: 11.5
# expects: any-out
lab.answer("11.5", ["stay", "stay", "in", "stay"])
