# question: 5.3
# expects: too-small
# score: 2
sizes = [(1024, 2048), (512, 3072), (512, 1024), (8192, 16384)]
lab.answer("5.3", sizes)
