# question: 3.6
# expects: changed
# score: 2
register("clerk", clerk(stopTimeout=2) | {"environment": []})
arn = start("clerk")
lab.until(lambda: len(lab.logs(arn)), timeout=30)
end(arn)
