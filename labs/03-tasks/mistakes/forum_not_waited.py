# question: 3.9
# expects: too-early
# score: 3
ecs.create_service(cluster="default", serviceName="forum", taskDefinition="forum", desiredCount=2)
start("forum-migrate", until=("STOPPED",))
lab.until(lambda: sum(t["lastStatus"] == "RUNNING" for t in tasks_of("forum")) == 2, timeout=60)
