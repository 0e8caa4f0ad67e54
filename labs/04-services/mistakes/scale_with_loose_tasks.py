# question: 4.8
# expects: standalone
# score: 0
# Tasks are run beside the service.
started = ecs.run_task(cluster="default", taskDefinition=third, count=2)["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
