"""Claims about availability zone rebalancing and about which tasks go first."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.model.status import LaunchType, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler.rebalancing import moves
from ecslab.scheduler.scale_in import surplus_of


def task(number: int, zone: str, **more: object) -> Task:
    return Task(
        task_arn=f"arn:task/default/{number:032x}",
        cluster_arn="arn:cluster/default",
        task_definition_arn="arn:td/web:1",
        launch_type=LaunchType.FARGATE,
        containers=(),
        created_at=float(number),
        cpu="0",
        memory="64",
        group="service:web",
        last_status=TaskStatus.RUNNING,
        availability_zone=zone,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("counts", "after"),
    [([2, 0], [1, 1]), ([3, 0], [2, 1]), ([5, 0, 0], [2, 2, 1]), ([4, 1, 0], [2, 2, 1]), ([2, 1], [2, 1])],
)
def test_zones_are_evened_out_as_aws_says(counts: list[int], after: list[int]) -> None:
    zones = ["abc"[n] for n in range(len(counts))]
    before = dict(zip(zones, counts, strict=True))
    started = Counter(moves(before, zones))
    total = sum(before.values())
    tasks = [task(n, zone) for n, zone in enumerate(z for z in zones for _ in range(before[z] + started[z]))]
    gone = surplus_of(tasks, len(tasks) - total, 0.0)
    left = Counter(t.availability_zone for t in tasks if t not in gone)
    assert sorted(left.values(), reverse=True) == after


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 12), min_size=2))
def test_after_the_moves_no_two_zones_differ_by_more_than_one(before: dict[str, int]) -> None:
    zones = sorted(before)
    started = Counter(moves(before, zones))
    tasks = [task(n, zone) for n, zone in enumerate(z for z in zones for _ in range(before[z] + started[z]))]
    gone = surplus_of(tasks, sum(started.values()), 0.0)
    left = Counter(dict.fromkeys(zones, 0)) + Counter(t.availability_zone for t in tasks if t not in gone)
    counts = [left.get(zone, 0) for zone in zones]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == sum(before.values())


def test_a_zone_that_is_lost_keeps_nothing_and_one_zone_alone_is_left_as_it_is() -> None:
    assert Counter(moves({"a": 0, "b": 3, "c": 3, "lost": 2}, ["a", "b", "c"])) == {"a": 2}
    assert moves({"a": 5}, ["a"]) == []


def test_what_is_not_running_goes_first_then_the_newest_of_the_fullest_zone() -> None:
    tasks = [task(1, "a"), task(2, "a"), task(3, "b"), task(4, "b"), task(5, "b")]
    tasks.append(task(6, "a"))
    pending = task(7, "b")
    object.__setattr__(pending, "last_status", TaskStatus.PENDING)
    gone = surplus_of([*tasks, pending], 3, 0.0)
    assert [int(t.task_id, 16) for t in gone] == [7, 5, 6]


def test_protected_tasks_stay() -> None:
    tasks = [task(1, "a"), task(2, "a", protected_until=100.0)]
    assert [int(t.task_id, 16) for t in surplus_of(tasks, 2, 50.0)] == [1]
