# question: 5.3
# expects: T30
# score: 0
sizes = [(900, 2253), (200, 3072), (300, 600), (5120, 17408)]
lab.answer("5.3", sizes)
