# question: 1.5
# expects: not-draining
home = running("batch", "yard")[0]["containerInstanceArn"]
for task in tasks_of("lantern", "yard"):
    if task.get("containerInstanceArn") == home:
        ecs.stop_task(cluster="yard", task=task["taskArn"])
lab.until(lambda: len(running("lantern", "yard")) == 4, timeout=90)
