"""Availability zone rebalancing: a settled service whose zones differ by more than one task is evened out.

Pure. It only says where tasks are to be started beyond the desired count; the surplus is stopped in the fullest zones
(``scheduler.scale_in``) once what was started is healthy. Invariant: rebalancing never stops before it has started.
Source: Amazon ECS Developer Guide, "Balancing an Amazon ECS service across Availability Zones"; facts, az_rebalancing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecslab.model.plan import ServiceSnapshot
from ecslab.model.service import Service
from ecslab.model.status import ContainerInstanceStatus, LaunchType, SchedulingStrategy
from ecslab.model.task import Task

ZONE = "attribute:ecs.availability-zone"
ENABLED = "ENABLED"


def why_not(service: Service) -> str:
    """Why a service cannot be rebalanced; empty where it can."""
    if service.scheduling_strategy is not SchedulingStrategy.REPLICA:
        return "it is a DAEMON service"
    if service.deployment_controller.get("type", "ECS") != "ECS":
        return f"its deployment controller is {service.deployment_controller['type']}"
    if service.deployment_configuration.maximum_percent <= 100:
        return "its maximumPercent is 100, which leaves no room to start a task first"
    first: Mapping[str, str] = service.placement_strategy[0] if service.placement_strategy else {}
    if first and (first.get("type"), first.get("field")) != ("spread", ZONE):
        return "its first placement strategy is not spread over availability zones"
    if any("ecs.availability-zone" in c.get("expression", "") for c in service.placement_constraints):
        return "a placement constraint names an availability zone"
    return ""


def zones_of(snapshot: ServiceSnapshot) -> tuple[str, ...]:
    """The zones in which tasks of the service can run now."""
    service = snapshot.service
    if service.launches_on is LaunchType.FARGATE:
        return snapshot.zones
    named = {item["capacityProvider"] for item in service.capacity_provider_strategy}
    found = {
        room.instance.availability_zone
        for room in snapshot.rooms
        if room.instance.status is ContainerInstanceStatus.ACTIVE
        and room.instance.agent_connected
        and (not named or room.instance.capacity_provider_name in named)
        and (not snapshot.zones or room.instance.availability_zone in snapshot.zones)
    }
    return tuple(sorted(found))


def count(tasks: Sequence[Task], zones: Sequence[str]) -> dict[str, int]:
    """How many of the tasks are in each zone, zones that are lost included."""
    counts = dict.fromkeys(zones, 0)
    for task in tasks:
        zone = task.availability_zone or ""
        counts[zone] = counts.get(zone, 0) + 1
    return counts


def moves(counts: Mapping[str, int], zones: Sequence[str]) -> list[str]:
    """The zones in which tasks have to be started until no two zones differ by more than one."""
    if len(zones) < 2:
        return []
    now = dict(counts)
    found: list[str] = []
    while True:
        fullest = max(now, key=lambda zone: (now[zone], zone))
        emptiest = min(zones, key=lambda zone: (now[zone], zone))
        if now[fullest] - now[emptiest] <= 1:
            return found
        now[fullest], now[emptiest] = now[fullest] - 1, now[emptiest] + 1
        found.append(emptiest)


def sentence(counts: Mapping[str, int], *, balanced: bool) -> str:
    """AWS's event about the balance."""
    told = ", ".join(f"{number} tasks in {zone}" for zone, number in sorted(counts.items()))
    if balanced:
        return f"is AZ balanced with {told}."
    return f"is not AZ balanced with {told}. AZ Rebalancing in progress."
