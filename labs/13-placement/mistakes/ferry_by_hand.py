# question: 13.8
# expects: by-hand, not-rebalanced
spread = [{"type": "spread", "field": "attribute:ecs.availability-zone"}]
change = {"cluster": "harbour", "service": "ferry", "forceNewDeployment": True}
storm("us-east-1c")
launch("harbour", "us-east-1c", 2)
lab.until(lambda: len(instances()) == 6, timeout=60)
ecs.update_service(placementStrategy=spread, availabilityZoneRebalancing="DISABLED", **change)
lab.wait("services_stable", cluster="harbour", services=["ferry"])
