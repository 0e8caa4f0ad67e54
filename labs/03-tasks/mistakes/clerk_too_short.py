# question: 3.6
# expects: too-short
# score: 1
register("clerk", clerk(stopTimeout=2, memory=65))
arn = start("clerk")
lab.until(lambda: len(lab.logs(arn)), timeout=30)
end(arn)
