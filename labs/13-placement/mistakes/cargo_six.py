# question: 13.2
# expects: count, T54
ecs.run_task(
    cluster="harbour",
    taskDefinition="cargo",
    count=6,
    placementStrategy=[
        {"type": "spread", "field": "attribute:ecs.availability-zone"},
        {"type": "binpack", "field": "memory"},
    ],
)
lab.until(lambda: running("cargo") == 6, timeout=90)
