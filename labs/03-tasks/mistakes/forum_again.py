# question: 3.9
# expects: again
# score: 2
for _ in range(2):
    start("forum-migrate", until=("STOPPED",))
ecs.create_service(cluster="default", serviceName="forum", taskDefinition="forum", desiredCount=2)
lab.until(lambda: sum(t["lastStatus"] == "RUNNING" for t in tasks_of("forum")) == 2, timeout=60)
