# question: 4.2
# expects: survivor
# score: 0
# A task that ran all along is taken for the new one.
before = running("web")
lab.kill(before[0])
lab.until(lambda: before[0] not in running("web") and len(running("web")) == 3, timeout=120)
lab.answer("4.2", before[1])
