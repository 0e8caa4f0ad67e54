# question: 2.8
# expects: T33
# score: 0
# The definition is no longer one for Fargate.
attempt({key: value for key, value in broken["fix-fargate"].items() if key != "requiresCompatibilities"})
