"""Question 11.9: one hour at the fair, minute by minute, from the service's own datapoints."""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .tracking import target_of

HOUR = 3600.0
HOT, MOST_HOT, MOST_TASK_MINUTES = 80.0, 5, 610.0
NEEDED = 12
"""Tasks below which the crowd cannot be served, at whatever percentage."""


def fair(world: World) -> Iterable[Finding]:
    begun = [e.at for e in world.journal(kind="load.started") if e.data.get("service") == "fair"]
    if not begun or world.now() < begun[-1] + HOUR:
        raise NotAttempted("crowd() lets the hour at the fair pass.")
    points = _points(world, begun[-1])
    hot = sum(average >= HOT for average, _ in points)
    minutes = sum(tasks for _, tasks in points)
    target = target_of(world, "fair")
    if hot <= MOST_HOT:
        yield passed(f"{hot} hot minutes.", weight=2)
    elif target is not None and target["MaxCapacity"] < NEEDED:
        advice = "40 requests a second are 2 vCPUs: 8 tasks that do nothing else, and more for a margin."
        yield failed(f"{hot} hot minutes; it may have {target['MaxCapacity']} tasks at most.", advice,
                     code="max-below-need", weight=2)  # fmt: skip
    else:
        advice = "Look at the chart: what lies between two steps up? You also know when the crowd comes."
        yield failed(f"{hot} hot minutes; {MOST_HOT} were allowed.", advice, code="too-late", weight=2)
    if minutes <= MOST_TASK_MINUTES:
        yield passed(f"{minutes:.0f} task-minutes.")
    else:
        advice = "For most of the hour hardly anybody is there."
        yield failed(f"{minutes:.0f} task-minutes; {MOST_TASK_MINUTES:.0f} were allowed.", advice, code="idle")


def _points(world: World, start: float) -> list[tuple[float, float]]:
    """(average CPU, tasks) of each minute of the hour."""
    given = {"ClusterName": "default", "ServiceName": "fair"}
    found = world.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS", MetricName="CPUUtilization", Period=60, Statistics=["Average", "SampleCount"],
        Dimensions=[{"Name": key, "Value": value} for key, value in given.items()],
        StartTime=start, EndTime=start + HOUR,
    )["Datapoints"]  # fmt: skip
    return [(point["Average"], point["SampleCount"]) for point in found]
