# question: 11.3
# expects: cooldown
lab.answer("11.3", [54, 5])
