# question: 11.3
# expects: T78
lab.answer("11.3", [54, 3])
