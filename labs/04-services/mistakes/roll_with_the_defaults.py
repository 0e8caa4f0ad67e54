# question: 4.4
# expects: above
# score: 2
# The default maximum is 200 percent.
ecs.register_task_definition(**web_definition(2))
ecs.update_service(cluster="default", service="web", taskDefinition="web")
lab.wait("services_stable", cluster="default", services=["web"])
