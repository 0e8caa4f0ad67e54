# question: 13.6
# expects: T65
ecs.put_cluster_capacity_providers(
    cluster="default", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
)
ecs.create_service(
    cluster="default",
    serviceName="kiosk",
    taskDefinition="kiosk",
    desiredCount=5,
    networkConfiguration=network,
    capacityProviderStrategy=[
        {"capacityProvider": "FARGATE", "weight": 2},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ],
)
lab.until(lambda: running("kiosk", "default") == 5, timeout=90)
