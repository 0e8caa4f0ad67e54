# question: 6.7
# expects: no-trunk
lab.answer("6.7", [2, 2, 2])
