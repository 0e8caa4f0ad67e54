# question: 2.8
# expects: T33,T14,T32,T34
# score: 4
# Half of them, mended in other ways that are as good.
web = {"name": "web", "image": "ecslab/web:1"}
attempt(broken["fix-units"] | {"cpu": ".25 vCPU", "memory": "0.5 GB"})
attempt(broken["fix-memory"] | {"memory": "64"})
attempt(broken["fix-essential"] | {"containerDefinitions": [web | {"memory": 64, "essential": True}]})
attempt(broken["fix-size"] | {"cpu": "1024"})
