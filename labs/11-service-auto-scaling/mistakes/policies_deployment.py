# question: 11.5
# expects: deployment
lab.answer("11.5", ["out", "stay", "in", "in"])
