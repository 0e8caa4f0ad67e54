# question: 8.6
# expects: restart
# score: 0
# ECS is thought to watch the parameter.
lab.answer("8.6", "d")
