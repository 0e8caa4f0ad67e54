# question: 2.6
# expects: too-small
# score: 0
# More, but not enough.
box = dict(greedy["containerDefinitions"][0])
box |= {"memory": 96}
ecs.register_task_definition(family="greedy", containerDefinitions=[box])
ecs.run_task(cluster="default", taskDefinition="greedy")
