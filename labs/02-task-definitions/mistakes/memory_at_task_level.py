# question: 2.6
# expects: container-limit
# score: 0
# The task gets more, its container does not.
box = dict(greedy["containerDefinitions"][0])

ecs.register_task_definition(family="greedy", memory="512", containerDefinitions=[box])
ecs.run_task(cluster="default", taskDefinition="greedy")
