# question: 3.5
# expects: changed
# score: 2
register("clinic", database(healthCheck={**wrong, "retries": 1}, startTimeout=5), clinic()[1])
start("clinic", until=("STOPPED",))
