# question: 3.7
# expects: pages
# score: 2
other = {"containerOverrides": [{"name": "press", "command": ["log", "4"]}]}
start("printer", until=("STOPPED",), overrides=other)
