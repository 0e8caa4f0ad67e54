# question: 4.6
# expects: by-hand
# score: 0
# Tasks are stopped, and the service makes new ones of the same kind.
for task in tasks_of("web"):
    if task["taskDefinitionArn"] == fourth:
        ecs.stop_task(cluster="default", task=task["taskArn"])
ecs.stop_task(cluster="default", task=running("web")[-1])
