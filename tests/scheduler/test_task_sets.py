"""Laws of task sets: none goes beyond its share, and from any state every set converges to it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.model.service import Service
from ecslab.model.status import DeploymentStatus, DesiredStatus, TaskStatus
from ecslab.model.task_sets import Scale, Stability, TaskSet, TaskSetStatus
from tests.scheduler.test_services import World, deployment


def task_set(number: int, share: float, status: TaskSetStatus = TaskSetStatus.ACTIVE) -> TaskSet:
    work = replace(deployment(number, DeploymentStatus.ACTIVE), launch_type="FARGATE")
    return TaskSet(
        id=work.id,
        task_set_arn=f"arn:task-set/default/web/{work.id}",
        service_arn="arn:service/default/web",
        cluster_arn="arn:cluster/default",
        task_definition=work.task_definition,
        created_at=0.0,
        updated_at=0.0,
        work=work,
        scale=Scale(value=share),
        status=status,
        launch_type="FARGATE",
    )


def world(desired: int, *sets: TaskSet) -> World:
    service = Service(
        service_arn="arn:service/default/web",
        service_name="web",
        cluster_arn="arn:cluster/default",
        task_definition="",
        desired_count=desired,
        created_at=0.0,
        launch_type="FARGATE",
        deployment_controller={"type": "EXTERNAL"},
        task_sets=sets,
    )
    return World(service=service, now=1000.0)


def count(it: World, number: int) -> int:
    return sum(t.deployment_id == f"ecs-svc/{number}" for t in it.live())


@pytest.mark.parametrize(
    ("desired", "share", "tasks"),
    [(10, 12.0, 2), (10, 10.0, 1), (3, 100.0, 3), (3, 0.0, 0), (1, 0.1, 1), (10, 70.0, 7)],
)
def test_the_computed_desired_count_is_rounded_up(desired: int, share: float, tasks: int) -> None:
    assert Scale(value=share).of(desired) == tasks


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_from_any_state_every_set_converges_to_its_share_and_none_goes_beyond(data: st.DataObject) -> None:
    desired = data.draw(st.integers(0, 8))
    shares = data.draw(st.lists(st.floats(0, 100, allow_nan=False).map(lambda x: round(x, 1)), min_size=1, max_size=2))
    draining = data.draw(st.booleans())
    sets = [task_set(n + 1, share) for n, share in enumerate(shares)]
    if draining:
        sets[-1] = replace(sets[-1], status=TaskSetStatus.DRAINING)
    it = world(desired, *sets)
    for number in range(1, len(sets) + 1):
        for _ in range(data.draw(st.integers(0, 9))):
            status = data.draw(st.sampled_from([TaskStatus.PENDING, TaskStatus.RUNNING]))
            it.add(f"ecs-svc/{number}", f"arn:td/web:{number}", status)
    before = {n: count(it, n) for n in range(1, len(sets) + 1)}
    wanted = {n + 1: s.wanted(desired) for n, s in enumerate(sets)}
    for _ in range(30):
        it.apply(it.plan())
        for number in wanted:
            assert count(it, number) <= max(before[number], wanted[number])
        it.pass_time(10)
    it.apply(it.plan())
    assert {n: count(it, n) for n in wanted} == wanted
    assert all(s.stability_status is Stability.STEADY_STATE for s in it.service.task_sets)
    assert len(it.service.task_sets) == len(sets) - draining
    assert it.service.steady


def test_shares_are_exact_where_binary_fractions_are_not() -> None:
    for desired in range(200):
        for tenths in range(0, 1001, 7):
            assert Scale(value=tenths / 10).of(desired) == math.ceil(desired * tenths / 1000)


def test_a_set_that_loses_a_task_is_stabilizing_until_it_has_it_again() -> None:
    it = world(2, task_set(1, 100.0))
    for _ in range(5):
        it.apply(it.plan())
        it.pass_time(10)
    assert it.service.task_sets[0].stability_status is Stability.STEADY_STATE
    victim = it.live()[0].task_arn
    it.tasks[victim] = replace(it.tasks[victim], last_status=TaskStatus.STOPPED, desired_status=DesiredStatus.STOPPED)
    it.apply(it.plan())
    assert it.service.task_sets[0].stability_status is Stability.STABILIZING
    it.pass_time(10)
    it.apply(it.plan())
    assert it.service.task_sets[0].stability_status is Stability.STEADY_STATE
    assert count(it, 1) == 2
