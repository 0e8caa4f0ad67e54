# question: 5.5
# expects: no-lines
# score: 1.5
logs.create_log_group(logGroupName="/ecs/other")
options = {**speaker["logConfiguration"]["options"], "awslogs-group": "/ecs/other"}
other = {**speaker, "logConfiguration": {"logDriver": "awslogs", "options": options}}
attempt(family="speaker", containerDefinitions=[other], executionRoleArn=execution_role, **size)
run("speaker")
