"""What the checks of lab 1 look at: clusters, instances and who is on them. It only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.checks import World

Task = Mapping[str, Any]
Instance = Mapping[str, Any]


def family_of(task: Task) -> str:
    return str(task["taskDefinitionArn"]).rsplit("/", 1)[-1].rpartition(":")[0]


def cluster(world: World, name: str) -> Mapping[str, Any] | None:
    found = world.ecs.describe_clusters(clusters=[name])["clusters"]
    return dict(found[0]) if found else None


def instances(world: World, name: str) -> list[Instance]:
    """The container instances of an ACTIVE cluster."""
    known = cluster(world, name)
    if known is None or known["status"] != "ACTIVE":
        return []
    arns = world.ecs.list_container_instances(cluster=name)["containerInstanceArns"]
    if not arns:
        return []
    return list(world.ecs.describe_container_instances(cluster=name, containerInstances=arns)["containerInstances"])


def kind_of(instance: Instance) -> str:
    """The instance type, from the attributes it registered."""
    return next((a.get("value", "") for a in instance["attributes"] if a["name"] == "ecs.instance-type"), "")


def running(world: World, family: str, name: str) -> list[dict[str, Any]]:
    return [t for t in world.tasks(name) if family_of(t) == family and t["lastStatus"] == "RUNNING"]


def machines(world: World) -> list[Mapping[str, Any]]:
    """Every EC2 instance there is or was, with its state."""
    found = world.client("ec2").describe_instances()["Reservations"]
    return [instance for reservation in found for instance in reservation["Instances"]]


def listed(answer: Any, length: int) -> list[Any]:
    found = list(answer) if isinstance(answer, list | tuple) else []
    return (found + [None] * length)[:length]
