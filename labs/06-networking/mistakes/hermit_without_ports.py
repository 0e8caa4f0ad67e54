# question: 6.9
# expects: no-ports-is-not-none
# Nothing is mapped, and yet it gets out.
ecs.register_task_definition(family="hermit", networkMode="bridge", containerDefinitions=[spy()])
hermit = ecs.run_task(cluster="default", taskDefinition="hermit")["tasks"][0]["taskArn"]
lab.wait("tasks_stopped", cluster="default", tasks=[hermit])
