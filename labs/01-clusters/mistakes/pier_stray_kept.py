# question: 1.7
# expects: still-billed
# score: 3
join("pier")
ecs.run_task(cluster="pier", taskDefinition="lantern")
lab.until(lambda: running("lantern", "pier"), timeout=60)
