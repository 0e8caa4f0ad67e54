# question: 5.3
# expects: too-big
# score: 1
sizes = [(1024, 3072), (1024, 3072), (1024, 2048), (8192, 24576)]
lab.answer("5.3", sizes)
