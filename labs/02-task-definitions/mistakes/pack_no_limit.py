# question: 2.4
# expects: no-limit
# score: 2
# The limit is thrown away.
old = [task["taskArn"] for task in tasks_of("cache", "packing")]
for arn in old:
    ecs.stop_task(cluster="packing", task=arn)
lab.wait("tasks_stopped", cluster="packing", tasks=old)
box = dict(cache["containerDefinitions"][0])
box |= {"memoryReservation": 512}
del box["memory"]
ecs.register_task_definition(family="cache", containerDefinitions=[box])
ecs.run_task(cluster="packing", taskDefinition="cache", count=10)
ecs.run_task(cluster="packing", taskDefinition="cache", count=2)
lab.until(lambda: all(task["lastStatus"] == "RUNNING" for task in tasks_of("cache", "packing")), timeout=60)
