# question: 2.6
# expects: too-generous
# score: 2
# Much more than needed.
box = dict(greedy["containerDefinitions"][0])
box |= {"memory": 1024}
ecs.register_task_definition(family="greedy", containerDefinitions=[box])
ecs.run_task(cluster="default", taskDefinition="greedy")
lab.until(lambda: any(task["lastStatus"] == "RUNNING" for task in tasks_of("greedy")), timeout=30)
