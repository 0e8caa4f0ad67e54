# question: 3.9
# expects: twice, too-early
# score: 1
register("forum", migrate(essential=False), web(dependsOn=[{"containerName": "migrate", "condition": "SUCCESS"}]))
ecs.create_service(cluster="default", serviceName="forum", taskDefinition="forum", desiredCount=2)
lab.until(lambda: sum(t["lastStatus"] == "RUNNING" for t in tasks_of("forum")) == 2, timeout=60)
