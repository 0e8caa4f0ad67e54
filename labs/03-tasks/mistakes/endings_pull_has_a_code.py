# question: 3.2
# expects: exit-code
# score: 3.2
endings = [
    ("EssentialContainerExited", 0),
    ("UserInitiated", 0),
    ("UserInitiated", 137),
    ("TaskFailedToStart", 1),
    ("EssentialContainerExited", 1),
]
lab.answer("3.2", endings)
