# question: 1.5
# expects: T60
# score: 0
home = running("batch", "yard")[0]["containerInstanceArn"]
ecs.deregister_container_instance(cluster="yard", containerInstance=home, force=True)
lab.until(lambda: not running("batch", "yard"), timeout=60)
