# question: 6.1
# expects: host-for-bridge, bridge-for-host
# score: 1.2
words = ["awsvpc", "host", "bridge", "none", "awsvpc"]
lab.answer("6.1", words)
