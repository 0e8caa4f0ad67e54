# question: 13.7
# expects: not-interrupted
ecs.register_task_definition(family="ledger", containerDefinitions=[ledger(stopTimeout=120)], **fargate)
task = spot_run()
ecs.stop_task(cluster="default", task=task)
print(end_of(task))
