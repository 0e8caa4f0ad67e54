# question: 1.5
# expects: both
every = [i["containerInstanceArn"] for i in instances("yard")]
ecs.update_container_instances_state(cluster="yard", containerInstances=every, status="DRAINING")
