"""Placement among many instances: the same choice with the same reasons as the plain rule, however rooms change."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.instance import Room
from ecslab.model.plan import Placement
from ecslab.model.status import ContainerInstanceStatus
from ecslab.scheduler.placement import Demand, place, take
from ecslab.scheduler.rooms import Draft, Rooms, draining_of
from tests.scheduler.test_placement import definition, room

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
STEPS = (
    {"type": "spread", "field": "attribute:ecs.availability-zone"},
    {"type": "spread", "field": "instanceId"},
    {"type": "spread", "field": "attribute:rack"},
    {"type": "binpack", "field": "memory"},
    {"type": "binpack", "field": "CPU"},
    {"type": "random"},
)
CONSTRAINTS = (
    (),
    ({"type": "distinctInstance"},),
    ({"type": "memberOf", "expression": "attribute:rack == r1"},),
    ({"type": "memberOf", "expression": "not (task:group == g)"},),
    ({"type": "memberOf", "expression": "runningTasksCount < 3"},),
)


@st.composite
def some_rooms(draw: st.DrawFn) -> list[Room]:
    return [draw(a_room(str(number))) for number in range(draw(st.integers(0, 9)))]


@st.composite
def a_room(draw: st.DrawFn, name: str) -> Room:
    rack = draw(st.sampled_from([{}, {"rack": "r1"}, {"rack": "r2"}]))
    made = room(
        name,
        cpu=draw(st.sampled_from([0, 256, 512, 2048])),
        memory=draw(st.sampled_from([100, 1024, 4096])),
        zone=draw(st.sampled_from(ZONES)),
        attributes=rack,
        agent_connected=draw(st.sampled_from([True, True, True, False])),
        status=draw(st.sampled_from([ContainerInstanceStatus.ACTIVE] * 3 + [ContainerInstanceStatus.DRAINING])),
        capacity_provider_name=draw(st.sampled_from([None, "one", "two"])),
    )
    groups = {"g": draw(st.integers(0, 3)), "other": draw(st.integers(0, 3))}
    return replace(made, groups=groups, tasks=sum(groups.values()))


@st.composite
def a_demand(draw: st.DrawFn) -> Demand:
    return Demand(
        definition=WANTED[draw(st.sampled_from(sorted(WANTED)))],
        group=draw(st.sampled_from(["g", "new"])),
        constraints=draw(st.sampled_from(CONSTRAINTS)),
        strategy=tuple(draw(st.lists(st.sampled_from(STEPS), max_size=4))),
        zones=draw(st.sampled_from([(), ZONES[:2]])),
    )


WANTED = {
    "small": replace(definition(cpu=128, memory=64), arn="arn:small"),
    "port": replace(definition(cpu=256, memory=512, host_port=80), arn="arn:port"),
    "eni": replace(definition(cpu=256, memory=256, mode="awsvpc"), arn="arn:eni"),
}


def plainly(demand: Demand, rooms: list[Room], where: tuple[str | None, str], pick: random.Random) -> Placement:
    """What the plain rule says, among the instances of a provider and a zone."""
    among = [
        r
        for r in rooms
        if where[0] in (None, r.instance.capacity_provider_name) and where[1] in ("", r.instance.availability_zone)
    ]
    return place(demand, among, pick.choice)


def same(found: Placement, plain: Placement) -> bool:
    by_first = {tally.first: tally.number for tally in plain.tallies}
    return (
        found.instance_arn == plain.instance_arn
        and list(found.verdicts) == list(plain.verdicts)
        and {tally.first: tally.number for tally in found.tallies} == by_first
    )


WHERE = st.sampled_from([(None, ""), ("one", ""), ("two", ""), (None, ZONES[0]), ("one", ZONES[1])])


@given(some_rooms(), a_demand(), st.lists(WHERE, min_size=1, max_size=12), st.integers(0, 9))
def test_a_draft_decides_task_by_task_as_the_plain_rule_does(
    rooms: list[Room], demand: Demand, wheres: list[tuple[str | None, str]], seed: int
) -> None:
    draft, mine, plain = Draft(demand, Rooms(rooms)), random.Random(seed), random.Random(seed)
    decided: list[tuple[Placement, Placement]] = []
    for provider, zone in wheres:
        expected = plainly(demand, rooms, (provider, zone), plain)
        decided.append((draft.place(mine.choice, provider=provider, zone=zone), expected))
        rooms = [take(demand, r) if r.instance.arn == expected.instance_arn else r for r in rooms]
    assert all(same(found, expected) for found, expected in decided)


@given(some_rooms(), st.lists(a_demand(), min_size=1, max_size=3), st.data())
def test_rooms_that_change_between_plans_are_seen_as_they_are(
    rooms: list[Room], demands: list[Demand], data: st.DataObject
) -> None:
    kept, now, mine, plain = Rooms(rooms), {r.instance.arn: r for r in rooms}, random.Random(1), random.Random(1)
    for _ in range(data.draw(st.integers(1, 6))):
        for name in data.draw(st.lists(st.integers(0, 11), max_size=4)):
            changed = data.draw(a_room(str(name)))
            if data.draw(st.booleans()):
                kept.put(changed)
                now[changed.instance.arn] = changed
            else:
                kept.remove(changed.instance.arn)
                now.pop(changed.instance.arn, None)
        demand = data.draw(st.sampled_from(demands))
        draft = Draft(demand, kept)
        found = [draft.place(mine.choice) for _ in range(data.draw(st.integers(1, 3)))]
        assert same(found[0], place(demand, list(kept), plain.choice))
        plain.setstate(mine.getstate())
        assert {r.instance.arn: r for r in kept} == now, "what a draft takes is not taken from the rooms"
        assert kept.draining == draining_of(list(kept))


def test_the_order_of_the_instances_is_that_in_which_they_first_came() -> None:
    kept = Rooms([room("a"), room("b"), room("c")])
    kept.remove("arn:instance/a")
    kept.put(room("a"))
    assert [r.instance.ec2_instance_id for r in kept] == ["i-a", "i-b", "i-c"]


def test_a_room_is_measured_again_when_it_is_asked_for_and_not_before() -> None:
    measured: list[str] = []

    def measure(arn: str) -> Room:
        measured.append(arn)
        return room("a", cpu=1)

    kept = Rooms([room("a"), room("b")], measure)
    kept.touch("arn:instance/a")
    kept.touch("arn:instance/a")
    assert not measured
    assert [r.cpu for r in kept] == [1, 2048]
    assert measured == ["arn:instance/a"]


def test_changes_that_were_forgotten_are_seen_all_the_same() -> None:
    kept, demand = Rooms([room("a"), room("b")]), Demand(definition=definition(), group="g")
    assert Draft(demand, kept).place(random.Random(0).choice).placed
    for _ in range(1000):
        kept.put(room("b"))
    kept.put(room("a", cpu=0))
    kept.put(room("b", cpu=0))
    for _ in range(1000):
        kept.put(room("c", cpu=1))
    found = Draft(demand, kept).place(random.Random(0).choice)
    assert [v.reason for v in found.verdicts] == ["RESOURCE:CPU"] * 3
