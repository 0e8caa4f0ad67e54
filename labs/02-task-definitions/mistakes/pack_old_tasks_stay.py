# question: 2.4
# expects: too-few
# score: 1
# The old tasks still hold their places.
box = dict(cache["containerDefinitions"][0])
box |= {"memoryReservation": 512}
ecs.register_task_definition(family="cache", containerDefinitions=[box])
ecs.run_task(cluster="packing", taskDefinition="cache", count=10)
ecs.run_task(cluster="packing", taskDefinition="cache", count=2)
lab.until(lambda: all(task["lastStatus"] == "RUNNING" for task in tasks_of("cache", "packing")), timeout=60)
