# question: 3.2
# expects: who
# score: 3.2
endings = [
    ("UserInitiated", 0),
    ("UserInitiated", 0),
    ("UserInitiated", 137),
    ("TaskFailedToStart", None),
    ("EssentialContainerExited", 1),
]
lab.answer("3.2", endings)
