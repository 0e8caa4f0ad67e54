"""Where a task goes: resource fit, then constraints, then strategies in order, then a choice.

Pure: it reads ``Room`` objects and answers with a ``Placement`` that keeps its reason for every instance.
It starts nothing. Invariant: it never places a task on an instance without room for all it needs.
``place`` is the rule as it is read; ``scheduler.candidates`` gives the same without asking every instance again.
Source: Amazon ECS Developer Guide, "How Amazon ECS places tasks on container instances"; failure names from
"API failure reasons".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ecslab.model.definition import TaskDefinition
from ecslab.model.instance import Room
from ecslab.model.plan import Placement, Tally, Verdict
from ecslab.model.status import ContainerInstanceStatus, NetworkMode
from ecslab.scheduler.query import parse

Pick = Callable[[Sequence[Room]], Room]
"""The injected randomness: picks one of several equally good rooms (``random.Random.choice``)."""

SERVICE_DEFAULT: tuple[Mapping[str, str], ...] = ({"type": "spread", "field": "attribute:ecs.availability-zone"},)
"""What a service uses when it names no strategy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is to be placed: a definition for a ``group``, with the rules of its run or service."""

    definition: TaskDefinition
    group: str
    constraints: tuple[Mapping[str, str], ...] = ()
    strategy: tuple[Mapping[str, str], ...] = ()
    zones: tuple[str, ...] = ()
    """Where an awsvpc task has subnets; empty for any other."""
    cpu: int | None = None
    """Overrides of the definition's reservation."""
    memory: int | None = None


def place(demand: Demand, rooms: Sequence[Room], pick: Pick) -> Placement:
    """Choose an instance for one task, or say of each why not."""
    verdicts = tuple(_judge(demand, room) for room in rooms)
    fitting = [room for room, verdict in zip(rooms, verdicts, strict=True) if not verdict.reason]
    if not fitting:
        return Placement(instance_arn=None, verdicts=verdicts, tallies=_tallies(verdicts))
    for step in demand.strategy:
        fitting = _best(step, demand, fitting, rooms)
    chosen = fitting[0] if len(fitting) == 1 else pick(fitting)
    return Placement(instance_arn=chosen.instance.arn, verdicts=verdicts, tallies=_tallies(verdicts))


def take(demand: Demand, room: Room) -> Room:
    """The room after one task of ``demand`` has been placed in it."""
    definition = demand.definition
    return replace(
        room,
        cpu=room.cpu - _cpu(demand),
        memory=room.memory - _memory(demand),
        enis=room.enis - (definition.network_mode is NetworkMode.AWSVPC),
        ports=room.ports | frozenset(definition.static_ports),
        tasks=room.tasks + 1,
        groups={**room.groups, demand.group: room.groups.get(demand.group, 0) + 1},
    )


def _cpu(demand: Demand) -> int:
    return demand.definition.reserved_cpu if demand.cpu is None else demand.cpu


def _memory(demand: Demand) -> int:
    return demand.definition.reserved_memory if demand.memory is None else demand.memory


def _judge(demand: Demand, room: Room) -> Verdict:
    reason, detail = judge(demand, room)
    instance = room.instance
    return Verdict(instance_arn=instance.arn, ec2_instance_id=instance.ec2_instance_id, reason=reason, detail=detail)


def _tallies(verdicts: Sequence[Verdict]) -> tuple[Tally, ...]:
    reasons = dict.fromkeys(verdict.reason for verdict in verdicts)
    same = [[verdict for verdict in verdicts if verdict.reason == reason] for reason in reasons]
    return tuple(Tally(number=len(found), first=found[0]) for found in same)


MEMBER = "MemberOf placement constraint unsatisfied."
DISTINCT = "DistinctInstance placement constraint unsatisfied."
"""As RunTask's failures and a service's events name them (facts §5)."""
Found = tuple[str, str]
"""A reason as the API spells it, empty where the task fits, and the same in words."""
FINE: Found = ("", "")


def judge(demand: Demand, room: Room) -> Found:
    """The first rule that keeps a task out of a room. It depends on nothing but the two."""
    for rule in (_active, _agent, _fits_cpu, _fits_memory, _fits_ports, _fits_eni, _in_zone, _distinct, _member):
        found = rule(demand, room)
        if found[0]:
            return found
    return FINE


def _active(demand: Demand, room: Room) -> Found:
    status = room.instance.status
    return FINE if status is ContainerInstanceStatus.ACTIVE else ("INACTIVE", f"the instance is {status}")


def _agent(demand: Demand, room: Room) -> Found:
    return FINE if room.instance.agent_connected else ("AGENT", "its agent is not connected")


def _fits_cpu(demand: Demand, room: Room) -> Found:
    need = _cpu(demand)
    return FINE if need <= room.cpu else ("RESOURCE:CPU", f"{need} CPU units needed, {room.cpu} left")


def _fits_memory(demand: Demand, room: Room) -> Found:
    need = _memory(demand)
    return FINE if need <= room.memory else ("RESOURCE:MEMORY", f"{need} MiB needed, {room.memory} left")


def _fits_ports(demand: Demand, room: Room) -> Found:
    taken = sorted(set(demand.definition.static_ports) & room.ports)
    if not taken:
        return FINE
    return "RESOURCE:PORTS", "host port " + ", ".join(f"{port}/{protocol}" for port, protocol in taken) + " is taken"


def _fits_eni(demand: Demand, room: Room) -> Found:
    if demand.definition.network_mode is not NetworkMode.AWSVPC or room.enis > 0:
        return FINE
    return "RESOURCE:ENI", "no network interface is left on the instance"


def _in_zone(demand: Demand, room: Room) -> Found:
    """A network interface is in a subnet of the instance's zone. AWS names no reason of its own for this."""
    zone = room.instance.availability_zone
    if not demand.zones or zone in demand.zones:
        return FINE
    return "ATTRIBUTE", f"the instance is in {zone}, the subnets of the task are in {', '.join(demand.zones)}"


def _distinct(demand: Demand, room: Room) -> Found:
    if not any(c.get("type") == "distinctInstance" for c in demand.constraints) or not room.groups.get(demand.group):
        return FINE
    return DISTINCT, f"a task of {demand.group} is there already"


def _member(demand: Demand, room: Room) -> Found:
    own = (expression for kind, expression in demand.definition.placement_constraints if kind == "memberOf")
    given = (c.get("expression", "") for c in demand.constraints if c.get("type") == "memberOf")
    for expression in (*own, *given):
        why = parse(expression).why_not(room)
        if why:
            return MEMBER, why
    return FINE


def _best(step: Mapping[str, str], demand: Demand, rooms: list[Room], everywhere: Sequence[Room]) -> list[Room]:
    kind = step.get("type")
    if kind == "binpack":
        least = min(left_of(step, room) for room in rooms)
        return [room for room in rooms if left_of(step, room) == least]
    if kind == "spread":
        return _spread(step.get("field", "instanceId"), demand.group, rooms, everywhere)
    return rooms


def left_of(step: Mapping[str, str], room: Room) -> int:
    """What is left on an instance of what a binpack step packs."""
    return room.cpu if step.get("field", "").lower() == "cpu" else room.memory


def _spread(field: str, group: str, rooms: list[Room], everywhere: Sequence[Room]) -> list[Room]:
    counts: dict[str, int] = {}
    for room in everywhere:
        key = spread_key(field, room)
        counts[key] = counts.get(key, 0) + room.groups.get(group, 0)
    least = min(counts[spread_key(field, room)] for room in rooms)
    return [room for room in rooms if counts[spread_key(field, room)] == least]


def spread_key(field: str, room: Room) -> str:
    """The value by which a spread step counts an instance: itself, its zone, or another attribute's value."""
    instance = room.instance
    if field in ("instanceId", "host"):
        return instance.arn
    name = field.removeprefix("attribute:")
    return instance.availability_zone if name == "ecs.availability-zone" else instance.attributes.get(name, "")
