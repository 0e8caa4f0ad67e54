# question: 13.7
# expects: T64
ecs.register_task_definition(family="ledger", containerDefinitions=[ledger(stopTimeout=3)], **fargate)
task = spot_run()
lab.interrupt(task)
print(end_of(task))
