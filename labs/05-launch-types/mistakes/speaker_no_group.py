# question: 5.5
# expects: no-group
# score: 0
attempt(family="speaker", containerDefinitions=[speaker], executionRoleArn=execution_role, **size)
run("speaker")
