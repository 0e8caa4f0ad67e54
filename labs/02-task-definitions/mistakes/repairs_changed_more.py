# question: 2.8
# expects: changed
# score: 0
# More is changed than the fault.
attempt(broken["fix-essential"] | {"containerDefinitions": [{"name": "web", "image": "ecslab/web:2", "memory": 512}]})
