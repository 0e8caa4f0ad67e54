# question: 3.2
# expects: signals
# score: 3.2
endings = [
    ("EssentialContainerExited", 0),
    ("UserInitiated", 0),
    ("UserInitiated", 143),
    ("TaskFailedToStart", None),
    ("EssentialContainerExited", 1),
]
lab.answer("3.2", endings)
