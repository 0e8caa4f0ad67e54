# question: 5.4
# expects: allowed
refused = list("abcdefghi")
lab.answer("5.4", refused)
