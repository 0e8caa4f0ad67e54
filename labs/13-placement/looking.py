"""What the checks of lab 13 look at: which tasks run where. It only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ecslab.checks import World

Task = Mapping[str, Any]
Instance = Mapping[str, Any]
HARBOUR = "harbour"


def family_of(task: Task) -> str:
    return str(task["taskDefinitionArn"]).rsplit("/", 1)[-1].rpartition(":")[0]


def running(world: World, family: str, cluster: str = HARBOUR) -> list[dict[str, Any]]:
    """The RUNNING tasks of a family, whoever has started them."""
    return [t for t in world.tasks(cluster) if family_of(t) == family and t["lastStatus"] == "RUNNING"]


def selected(world: World, expression: str | None = None) -> list[Instance]:
    """The instances of the harbour that an expression selects, or all. ClientError for one that cannot be read."""
    query = {"filter": expression} if expression else {}
    arns = world.ecs.list_container_instances(cluster=HARBOUR, **query)["containerInstanceArns"]
    if not arns:
        return []
    found = world.ecs.describe_container_instances(cluster=HARBOUR, containerInstances=arns)
    return list(found["containerInstances"])


def attribute(instance: Instance, name: str) -> str:
    return next((a.get("value", "") for a in instance["attributes"] if a["name"] == name), "")


def zone_of(instance: Instance) -> str:
    return attribute(instance, "ecs.availability-zone")


def by_zone(world: World, family: str) -> Counter[str]:
    """RUNNING tasks of a family in each zone."""
    homes = {i["containerInstanceArn"]: zone_of(i) for i in selected(world)}
    return Counter(homes.get(t.get("containerInstanceArn", ""), "") for t in running(world, family))


def listed(answer: Any, length: int) -> list[Any]:
    """An answer as a list of that length, None for what is lacking."""
    found = list(answer) if isinstance(answer, list | tuple) else []
    return (found + [None] * length)[:length]
