# question: 8.1
# expects: T1,T3
# score: 1.2
# The two roles of a task are mixed up.
lab.answer("8.1", ["execution", "task", "instance", "service", "execution"])
