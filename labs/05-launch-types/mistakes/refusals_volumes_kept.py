# question: 5.4
# expects: T46, host
refused = ["e", "f", "h"]
lab.answer("5.4", refused)
