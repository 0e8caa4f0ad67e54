# question: 13.7
# expects: changed
# score: 2
hurried = ledger(stopTimeout=2, environment=[{"name": "FINISH", "value": "0"}])
ecs.register_task_definition(family="ledger", containerDefinitions=[hurried], **fargate)
task = spot_run()
lab.interrupt(task)
print(end_of(task))
