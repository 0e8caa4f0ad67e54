# question: 8.1
# expects: T2
# score: 1.6
# The task role is thought to write the log.
lab.answer("8.1", ["task", "execution", "instance", "service", "task"])
