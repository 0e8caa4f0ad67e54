# question: 4.7
# expects: T68
# score: 0
# ECS is thought to give up.
lab.answer("4.7", "a")
