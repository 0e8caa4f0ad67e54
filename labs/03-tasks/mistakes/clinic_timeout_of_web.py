# question: 3.5
# expects: still-waiting
# score: 0
waiting = {**clinic()[1], "startTimeout": 5}
register("clinic", clinic()[0], waiting)
start("clinic", until=("ACTIVATING",))
