# question: 4.5
# expects: by-hand
# score: 0
# Room is made by stopping tasks.
for arn in running("web"):
    ecs.stop_task(cluster="default", task=arn)
    lab.until(lambda arn=arn: arn not in running("web") and len(running("web")) == 3, timeout=120)
lab.wait("services_stable", cluster="default", services=["web"])
