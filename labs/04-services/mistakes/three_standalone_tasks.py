# question: 4.1
# expects: standalone
# score: 0
# Tasks are taken for a service.
started = ecs.run_task(cluster="default", taskDefinition="web", count=3)["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
