# question: 4.7
# expects: throttle
# score: 0
# Pauses are for tasks that never reach RUNNING.
lab.answer("4.7", "c")
