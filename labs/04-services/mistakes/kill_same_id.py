# question: 4.2
# expects: same-id
# score: 0
# The killed task is thought to start again.
before = running("web")
lab.kill(before[0])
lab.until(lambda: before[0] not in running("web") and len(running("web")) == 3, timeout=120)
lab.answer("4.2", before[0])
