# question: 3.9
# expects: twice
# score: 2
prepare = migrate(essential=False) | {"name": "prepare"}
register("forum", prepare, web(dependsOn=[{"containerName": "prepare", "condition": "SUCCESS"}]))
start("forum-migrate", until=("STOPPED",))
ecs.create_service(cluster="default", serviceName="forum", taskDefinition="forum", desiredCount=2)
lab.until(lambda: sum(t["lastStatus"] == "RUNNING" for t in tasks_of("forum")) == 2, timeout=60)
