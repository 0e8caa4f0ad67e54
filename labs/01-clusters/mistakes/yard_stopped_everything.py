# question: 1.5
# expects: T60
# score: 0
home = running("batch", "yard")[0]["containerInstanceArn"]
for family in ("lantern", "batch"):
    for task in tasks_of(family, "yard"):
        if task.get("containerInstanceArn") == home:
            ecs.stop_task(cluster="yard", task=task["taskArn"])
lab.until(lambda: not running("batch", "yard"), timeout=60)
