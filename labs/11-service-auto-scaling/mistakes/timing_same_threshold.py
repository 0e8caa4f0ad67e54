# question: 11.3
# expects: same-threshold
lab.answer("11.3", [60, 15])
