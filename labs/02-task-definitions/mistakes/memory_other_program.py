# question: 2.6
# expects: app-changed
# score: 0
# The program is changed instead of its allowance.
box = dict(greedy["containerDefinitions"][0])
box |= {"command": ["hog", "16"]}
ecs.register_task_definition(family="greedy", containerDefinitions=[box])
ecs.run_task(cluster="default", taskDefinition="greedy")
lab.until(lambda: any(task["lastStatus"] == "RUNNING" for task in tasks_of("greedy")), timeout=30)
