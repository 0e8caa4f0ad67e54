"""Which instances Amazon ECS Managed Instances launches for the tasks that wait. Pure.

It launches nothing and places nothing: it answers with instance types and subnets. A task that fits on an instance
that is there needs none; for the first that does not, the cheapest type on which it fits is chosen, and whatever else
fits there too is counted in. Invariant: every launch is for at least one task, which fits on it by the very rules of
``scheduler.placement``, so no launch is in vain. Source: Amazon ECS Developer Guide, "Amazon ECS Managed Instances
auto scaling and task placement": tasks of a service whose provider has several subnets go to three instances in
different availability zones when possible; with one subnet they are packed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ecslab.model.instance import Room
from ecslab.model.managed_instances import InstanceType
from ecslab.scheduler.placement import Demand, judge, take

APART = 3
"""Over how many instances a service's tasks are spread where there are zones for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One instance to launch, and the tasks (ARNs) it is for."""

    instance_type: InstanceType
    subnet: str
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a provider may launch. ``room`` gives the empty room of a type in a subnet, less what its daemons take."""

    types: Sequence[InstanceType]
    subnets: Mapping[str, str]
    """Availability zones, by subnet."""
    room: Callable[[InstanceType, str], Room]
    used: Mapping[str, int] = field(default_factory=dict)
    """How many instances each subnet has."""


def launches(
    waiting: Mapping[str, Demand], rooms: Sequence[Room], supply: Supply
) -> tuple[list[Launch], dict[str, str]]:
    """The instances to launch for the waiting tasks (by ARN), and the tasks that fit on none, each with the reason."""
    left = _homeless(waiting, list(rooms))
    used, found, hopeless = Counter(supply.used), list[Launch](), dict[str, str]()
    share = _shares(left, supply)
    while left:
        arn = next(iter(left))
        choice = _cheapest(left[arn], supply, used)
        if choice is None:
            hopeless[arn] = _why(left.pop(arn), supply)
            continue
        kind, subnet, room = choice
        tasks = _fill(left, room, share)
        used[subnet] += 1
        found.append(Launch(instance_type=kind, subnet=subnet, tasks=tuple(tasks)))
        for task in tasks:
            left.pop(task)
    return found, hopeless


def _homeless(waiting: Mapping[str, Demand], rooms: list[Room]) -> dict[str, Demand]:
    """The tasks for which there is no room on the instances there are."""
    left = {}
    for arn, demand in waiting.items():
        at = next((i for i, room in enumerate(rooms) if not judge(demand, room)[0]), None)
        if at is None:
            left[arn] = demand
        else:
            rooms[at] = take(demand, rooms[at])
    return left


def _shares(left: Mapping[str, Demand], supply: Supply) -> dict[str, int]:
    """How many tasks of each service one new instance takes at the most."""
    zones = len(set(supply.subnets.values()))
    groups = Counter(demand.group for demand in left.values())
    apart = min(zones, APART)
    return {group: -(-count // apart) for group, count in groups.items() if group.startswith("service:")}


def _cheapest(demand: Demand, supply: Supply, used: Counter[str]) -> tuple[InstanceType, str, Room] | None:
    """The cheapest type on which the task fits, in the subnet that has the fewest instances."""
    subnets = sorted(supply.subnets, key=lambda subnet: used[subnet])
    for kind in supply.types:
        for subnet in subnets:
            room = supply.room(kind, subnet)
            if not judge(demand, room)[0]:
                return kind, subnet, room
    return None


def _fill(left: Mapping[str, Demand], room: Room, share: Mapping[str, int]) -> list[str]:
    """The tasks that go on one new instance, in the order in which they came."""
    tasks: list[str] = []
    taken: Counter[str] = Counter()
    for arn, demand in left.items():
        if taken[demand.group] < share.get(demand.group, len(left)) and not judge(demand, room)[0]:
            room = take(demand, room)
            taken[demand.group] += 1
            tasks.append(arn)
    return tasks


def _why(demand: Demand, supply: Supply) -> str:
    """What keeps a task even from the largest type that may be launched."""
    if not supply.types or not supply.subnets:
        return "no instance type meets the instance requirements"
    reason, detail = judge(demand, supply.room(supply.types[-1], next(iter(supply.subnets))))
    return f"{reason} ({detail} on {supply.types[-1].name}, the largest)" if reason else "ATTRIBUTE"
