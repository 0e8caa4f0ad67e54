# question: 13.3
# expects: syntax, selection
# score: 2
expressions = [
    "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]",
    "stack = blue",
    "runningTasksCount == 0",
    "attribute:gpu exists",
]
lab.answer("13.3", expressions)
