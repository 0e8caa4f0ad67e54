# question: 2.6
# expects: T34
# score: 2
# The reservation is taken for the limit.
box = dict(greedy["containerDefinitions"][0])
box |= {"memoryReservation": 200}
del box["memory"]
ecs.register_task_definition(family="greedy", containerDefinitions=[box])
ecs.run_task(cluster="default", taskDefinition="greedy")
lab.until(lambda: any(task["lastStatus"] == "RUNNING" for task in tasks_of("greedy")), timeout=30)
