# question: 3.9
# expects: none
# score: 1
ecs.create_service(cluster="default", serviceName="forum", taskDefinition="forum", desiredCount=2)
lab.until(lambda: sum(t["lastStatus"] == "RUNNING" for t in tasks_of("forum")) == 2, timeout=60)
