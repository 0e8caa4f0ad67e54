# question: 11.5
# expects: T78
lab.answer("11.5", ["out", "in", "in", "stay"])
