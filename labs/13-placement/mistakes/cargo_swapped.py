# question: 13.2
# expects: T55, too-few
ecs.run_task(
    cluster="harbour",
    taskDefinition="cargo",
    count=9,
    placementStrategy=[
        {"type": "binpack", "field": "memory"},
        {"type": "spread", "field": "attribute:ecs.availability-zone"},
    ],
)
lab.until(lambda: running("cargo") == 9, timeout=90)
