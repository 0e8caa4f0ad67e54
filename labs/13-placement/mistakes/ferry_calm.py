# question: 13.8
# expects: no-storm, by-hand
ecs.update_service(
    cluster="harbour",
    service="ferry",
    placementStrategy=[{"type": "spread", "field": "attribute:ecs.availability-zone"}],
    availabilityZoneRebalancing="ENABLED",
    forceNewDeployment=True,
)
lab.wait("services_stable", cluster="harbour", services=["ferry"])
