# question: 13.2
# expects: spread-only
ecs.run_task(
    cluster="harbour",
    taskDefinition="cargo",
    count=9,
    placementStrategy=[
        {"type": "spread", "field": "attribute:ecs.availability-zone"},
        {"type": "spread", "field": "instanceId"},
    ],
)
lab.until(lambda: running("cargo") == 9, timeout=90)
