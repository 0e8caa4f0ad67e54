"""Placement: it never overcommits, honours constraints, follows strategies, and keeps its reasons."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.definition import TaskDefinition, parse
from ecslab.model.instance import RESERVED_PORTS, ContainerInstance, Room
from ecslab.model.status import ContainerInstanceStatus
from ecslab.scheduler.placement import Demand, place, take


def room(name: str, *, cpu: int = 2048, memory: int = 4096, zone: str = "us-east-1a", **more: object) -> Room:
    fields: dict[str, object] = {"agent_connected": True, **more}
    instance = ContainerInstance(
        arn=f"arn:instance/{name}",
        cluster_name="default",
        ec2_instance_id=f"i-{name}",
        cpu=cpu,
        memory=memory,
        eni_limit=2,
        registered_at=0.0,
        availability_zone=zone,
        **fields,  # type: ignore[arg-type]
    )
    return Room(instance=instance, cpu=cpu, memory=memory, enis=2, ports=RESERVED_PORTS, tasks=0)


def definition(*, cpu: int = 256, memory: int = 512, mode: str = "bridge", host_port: int = 0) -> TaskDefinition:
    container = {
        "name": "c",
        "image": "i",
        "cpu": cpu,
        "memory": memory,
        "portMappings": [{"containerPort": 80, "hostPort": host_port}],
    }
    return parse({"family": "f", "networkMode": mode, "containerDefinitions": [container]}, arn="arn:f:1", revision=1)


def pick(rooms: object) -> Room:
    return random.Random(0).choice(rooms)  # type: ignore[arg-type]


def spread_over(demand: Demand, rooms: list[Room], count: int) -> list[Room]:
    for _ in range(count):
        found = place(demand, rooms, pick)
        assert found.instance_arn is not None
        rooms = [take(demand, r) if r.instance.arn == found.instance_arn else r for r in rooms]
    return rooms


@given(
    st.lists(st.tuples(st.integers(0, 4096), st.integers(0, 8192)), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(1, 2048), st.integers(6, 4096), st.sampled_from([0, 80, 443])), max_size=20),
    st.sampled_from(["spread", "binpack", "random"]),
)
def test_placement_never_overcommits(
    sizes: list[tuple[int, int]], wanted: list[tuple[int, int, int]], kind: str
) -> None:
    rooms = [room(str(n), cpu=cpu, memory=memory) for n, (cpu, memory) in enumerate(sizes)]
    strategy = ({"type": kind, "field": "memory" if kind == "binpack" else "instanceId"},)
    for cpu, memory, port in wanted:
        demand = Demand(definition=definition(cpu=cpu, memory=memory, host_port=port), group="g", strategy=strategy)
        found = place(demand, rooms, pick)
        before = {r.instance.arn: r for r in rooms}
        rooms = [take(demand, r) if r.instance.arn == found.instance_arn else r for r in rooms]
        assert all(r.cpu >= 0 and r.memory >= 0 for r in rooms)
        if found.instance_arn and port:
            assert (port, "tcp") not in before[found.instance_arn].ports


@pytest.mark.parametrize(
    ("made", "wanted", "reason"),
    [
        (room("a", cpu=100), definition(), "RESOURCE:CPU"),
        (room("a", memory=100), definition(), "RESOURCE:MEMORY"),
        (room("a", agent_connected=False), definition(), "AGENT"),
        (room("a", status=ContainerInstanceStatus.DRAINING), definition(), "INACTIVE"),
        (room("a"), definition(host_port=22), "RESOURCE:PORTS"),
    ],
)
def test_each_instance_keeps_the_reason_why_not(made: Room, wanted: TaskDefinition, reason: str) -> None:
    found = place(Demand(definition=wanted, group="g"), [made], pick)
    assert not found.placed
    assert [v.reason for v in found.verdicts] == [reason]
    assert found.verdicts[0].detail


def test_the_third_awsvpc_task_finds_no_network_interface() -> None:
    demand = Demand(definition=definition(mode="awsvpc"), group="g")
    rooms = spread_over(demand, [room("a")], 2)
    assert [v.reason for v in place(demand, rooms, pick).verdicts] == ["RESOURCE:ENI"]


def test_spread_over_zones_puts_the_next_task_where_the_fewest_are() -> None:
    demand = Demand(
        definition=definition(), group="g", strategy=({"type": "spread", "field": "attribute:ecs.availability-zone"},)
    )
    rooms = spread_over(demand, [room("a"), room("b", zone="us-east-1b"), room("c", zone="us-east-1b")], 4)
    assert sum(r.tasks for r in rooms if r.instance.availability_zone == "us-east-1a") == 2


def test_a_full_instance_still_counts_for_its_zone() -> None:
    full = take(Demand(definition=definition(cpu=2048), group="g"), room("full"))
    demand = Demand(
        definition=definition(), group="g", strategy=({"type": "spread", "field": "attribute:ecs.availability-zone"},)
    )
    rooms = [full, room("empty"), room("other", zone="us-east-1b")]
    assert place(demand, rooms, pick).instance_arn == "arn:instance/other"


def test_binpack_fills_one_instance_before_the_next() -> None:
    demand = Demand(definition=definition(), group="g", strategy=({"type": "binpack", "field": "memory"},))
    rooms = spread_over(demand, [room("a"), room("b")], 5)
    assert sorted(r.tasks for r in rooms) == [0, 5]


def test_strategies_are_followed_in_order() -> None:
    chain = ({"type": "spread", "field": "attribute:ecs.availability-zone"}, {"type": "binpack", "field": "cpu"})
    demand = Demand(definition=definition(), group="g", strategy=chain)
    rooms = spread_over(demand, [room("a1"), room("a2"), room("b1", zone="us-east-1b")], 4)
    assert sorted(r.tasks for r in rooms) == [0, 2, 2]


def test_distinct_instance_refuses_a_second_task_of_the_group() -> None:
    demand = Demand(definition=definition(), group="g", constraints=({"type": "distinctInstance"},))
    rooms = spread_over(demand, [room("a")], 1)
    assert not place(demand, rooms, pick).placed
    other = Demand(definition=definition(), group="other", constraints=({"type": "distinctInstance"},))
    assert place(other, rooms, pick).placed


def test_placement_subtracts_the_reservation_where_one_is_set() -> None:
    wire = {"name": "c", "image": "i", "memory": 1024, "memoryReservation": 128}
    made = parse({"family": "f", "containerDefinitions": [wire]}, arn="a", revision=1)
    assert take(Demand(definition=made, group="g"), room("a")).memory == 4096 - 128
