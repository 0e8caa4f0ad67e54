# question: 1.1
# expects: wish-and-report
# score: 1.5
words = ["control plane", "agent", "agent", "control plane", "agent", "agent"]
lab.answer("1.1", words)
