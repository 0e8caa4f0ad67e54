# question: 2.4
# expects: more-instances
# score: 0
# More machines instead of a smaller reservation.
lab.add_instances(count=1, cluster="packing")
lab.until(lambda: len(ecs.list_container_instances(cluster="packing")["containerInstanceArns"]) == 2, timeout=60)
box = dict(cache["containerDefinitions"][0])
box |= {"memoryReservation": 1024}
ecs.register_task_definition(family="cache", containerDefinitions=[box])
ecs.run_task(cluster="packing", taskDefinition="cache", count=10)
ecs.run_task(cluster="packing", taskDefinition="cache", count=2)
lab.until(lambda: all(task["lastStatus"] == "RUNNING" for task in tasks_of("cache", "packing")), timeout=60)
