"""The service scheduler's laws: bounds hold, every state converges, nothing is done twice.

A tiny world applies plans to tasks, so the laws are tested on the scheduler alone.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.model.definition import TaskDefinition, parse
from ecslab.model.deployment_settings import DeploymentConfiguration
from ecslab.model.plan import Plan, ServiceSnapshot
from ecslab.model.service import Deployment, Service
from ecslab.model.status import (
    DeploymentStatus,
    DesiredStatus,
    HealthStatus,
    LaunchType,
    RolloutState,
    ServiceStatus,
    TaskStatus,
)
from ecslab.model.task import Task
from ecslab.scheduler.services import DEADLOCK, HEALTHY_AFTER, STEADY, plan, throttle_pause

WIRE = {"containerDefinitions": [{"name": "c", "image": "i", "memory": 64}]}


def made(revision: int) -> TaskDefinition:
    return parse({"family": "web", **WIRE}, arn=f"arn:td/web:{revision}", revision=revision)


DEFINITIONS = {made(n).arn: made(n) for n in (1, 2)}


def deployment(number: int, status: DeploymentStatus) -> Deployment:
    return Deployment(
        id=f"ecs-svc/{number}", status=status, task_definition=f"arn:td/web:{number}", created_at=0.0, updated_at=0.0
    )


@dataclass
class World:
    """One Fargate service and its tasks; each round plans, applies and lets time pass."""

    service: Service
    tasks: dict[str, Task] = field(default_factory=dict)
    now: float = 0.0
    events: list[str] = field(default_factory=list)
    ids: itertools.count = field(default_factory=itertools.count)  # type: ignore[type-arg]

    def plan(self) -> Plan:
        alive = tuple(t for t in self.tasks.values() if t.last_status is not TaskStatus.STOPPED)
        return plan(
            ServiceSnapshot(service=self.service, tasks=alive, definitions=DEFINITIONS), self.now, random.choice
        )

    def apply(self, decided: Plan) -> None:
        self.service = decided.service
        self.events += decided.events
        for start in decided.starts:
            self.add(start.deployment_id, start.task_definition)
        for stop in decided.stops:
            self.tasks[stop.task_arn] = replace(self.tasks[stop.task_arn], desired_status=DesiredStatus.STOPPED)

    def add(self, deployment_id: str, definition: str, status: TaskStatus = TaskStatus.PENDING) -> Task:
        arn = f"arn:task/default/{next(self.ids):032x}"
        task = Task(
            task_arn=arn,
            cluster_arn="arn:cluster/default",
            task_definition_arn=definition,
            launch_type=LaunchType.FARGATE,
            containers=(),
            created_at=self.now,
            cpu="0",
            memory="64",
            group="service:web",
            last_status=status,
            started_at=self.now if status is TaskStatus.RUNNING else None,
            service_name="web",
            deployment_id=deployment_id,
        )
        self.tasks[arn] = task
        return task

    def live(self) -> list[Task]:
        return [
            t
            for t in self.tasks.values()
            if t.desired_status is DesiredStatus.RUNNING and t.last_status is not TaskStatus.STOPPED
        ]

    def healthy(self) -> int:
        return sum(
            t.last_status is TaskStatus.RUNNING
            and (t.deployment_id == "ecs-svc/1" or self.now >= (t.started_at or 0) + HEALTHY_AFTER)
            for t in self.live()
        )

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for arn, task in list(self.tasks.items()):
            if task.desired_status is DesiredStatus.STOPPED:
                self.tasks[arn] = replace(task, last_status=TaskStatus.STOPPED)
            elif task.last_status is TaskStatus.PENDING:
                self.tasks[arn] = replace(task, last_status=TaskStatus.RUNNING, started_at=self.now)


def world(desired: int, low: int = 100, high: int = 200, *, old: int | None = None) -> World:
    """A service that deploys revision 2, with ``old`` healthy tasks of revision 1."""
    deployments = (deployment(2, DeploymentStatus.PRIMARY),)
    if old is not None:
        deployments += (replace(deployment(1, DeploymentStatus.ACTIVE), rollout_state=RolloutState.COMPLETED),)
    service = Service(
        service_arn="arn:service/default/web",
        service_name="web",
        cluster_arn="arn:cluster/default",
        task_definition="arn:td/web:2",
        desired_count=desired,
        created_at=0.0,
        launch_type="FARGATE",
        deployment_configuration=DeploymentConfiguration(minimum_healthy_percent=low, maximum_percent=high),
        deployments=deployments,
    )
    found = World(service)
    for _ in range(old or 0):
        found.add("ecs-svc/1", "arn:td/web:1", TaskStatus.RUNNING)
    found.now = 1000.0
    return found


percents = st.tuples(st.integers(0, 100), st.integers(100, 200))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 12), percents, st.integers(0, 10_000))
def test_a_rolling_update_never_leaves_its_bounds_and_converges_or_says_why(
    desired: int, bounds: tuple[int, int], seed: int
) -> None:
    made_world, chance = world(desired, *bounds, old=desired), random.Random(seed)
    lower = made_world.service.deployment_configuration.lower(desired)
    upper = made_world.service.deployment_configuration.upper(desired)
    for _ in range(200):
        made_world.apply(made_world.plan())
        assert made_world.healthy() >= lower
        assert len(made_world.live()) <= upper
        made_world.pass_time(chance.choice([1.0, 10.0, 41.0]))
    finished = made_world.service.primary.rollout_state is RolloutState.COMPLETED
    assert finished or DEADLOCK in made_world.events
    if finished:
        assert {t.deployment_id for t in made_world.live()} <= {"ecs-svc/2"}
        assert len(made_world.live()) == desired


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(0, 5))
def test_a_service_converges_from_any_number_of_tasks(desired: int, new: int, old: int, pending: int) -> None:
    made_world = world(desired, old=old)
    for _ in range(new):
        made_world.add("ecs-svc/2", "arn:td/web:2", TaskStatus.RUNNING)
    for _ in range(pending):
        made_world.add("ecs-svc/2", "arn:td/web:2")
    for _ in range(60):
        made_world.apply(made_world.plan())
        made_world.pass_time(20.0)
    assert len(made_world.live()) == desired
    assert made_world.events.count(STEADY) == 1
    idle = made_world.plan()
    assert not idle.starts
    assert not idle.stops
    assert not idle.events


@pytest.mark.parametrize(
    ("desired", "low", "high", "lower", "upper"),
    [(4, 50, 100, 2, 4), (4, 100, 200, 4, 8), (2, 75, 200, 2, 4), (3, 100, 125, 3, 3), (1, 0, 100, 0, 1)],
)
def test_the_bounds_are_the_documented_ones(desired: int, low: int, high: int, lower: int, upper: int) -> None:
    bounds = DeploymentConfiguration(minimum_healthy_percent=low, maximum_percent=high)
    assert (bounds.lower(desired), bounds.upper(desired)) == (lower, upper)


def test_a_lost_task_is_replaced_at_the_next_look() -> None:
    made_world = world(3)
    made_world.apply(made_world.plan())
    made_world.pass_time(5)
    victim = next(iter(made_world.tasks))
    made_world.tasks[victim] = replace(made_world.tasks[victim], last_status=TaskStatus.STOPPED)
    assert len(made_world.plan().starts) == 1


def test_minimum_and_maximum_of_100_is_a_deadlock_and_is_said() -> None:
    made_world = world(2, 100, 100, old=2)
    decided = made_world.plan()
    assert (decided.starts, decided.stops, decided.events) == ((), (), (DEADLOCK,))


def test_half_may_stop_first_when_there_is_no_room_to_start() -> None:
    made_world = world(4, 50, 100, old=4)
    first = made_world.plan()
    assert (len(first.starts), len(first.stops)) == (0, 2)


def test_old_tasks_stay_until_the_new_ones_have_run_for_forty_seconds() -> None:
    made_world = world(2, old=2)
    made_world.apply(made_world.plan())
    made_world.pass_time(1)
    made_world.pass_time(HEALTHY_AFTER - 1)
    assert made_world.plan().stops == ()
    made_world.pass_time(1)
    assert len(made_world.plan().stops) == 2


def test_a_pause_between_failing_starts_grows_to_fifteen_minutes() -> None:
    assert [throttle_pause(n) for n in (1, 2, 3, 4, 5)] == [0, 0, 10, 20, 40]
    assert throttle_pause(50) == 900


def test_nothing_is_started_before_the_pause_is_over_and_then_one_at_a_time() -> None:
    made_world = world(3)
    failing = replace(made_world.service.primary, failed_in_a_row=4, retry_at=made_world.now + 20)
    made_world.service = replace(made_world.service, deployments=(failing,))
    waiting = made_world.plan()
    assert waiting.starts == ()
    assert waiting.recheck_at == made_world.now + 20
    made_world.now += 20
    assert len(made_world.plan().starts) == 1


def test_an_unhealthy_task_is_replaced_first_where_there_is_room() -> None:
    made_world = world(2)
    for _ in range(2):
        made_world.add("ecs-svc/2", "arn:td/web:2", TaskStatus.RUNNING)
    made_world.pass_time(50)
    sick = next(iter(made_world.tasks))
    made_world.tasks[sick] = replace(made_world.tasks[sick], health_status=HealthStatus.UNHEALTHY)
    first = made_world.plan()
    assert (len(first.starts), first.stops) == (1, ())
    made_world.apply(first)
    made_world.pass_time(1)
    made_world.pass_time(HEALTHY_AFTER)
    assert [s.reason for s in made_world.plan().stops] == ["Task failed container health checks"]


def test_a_deleted_service_stops_its_tasks_and_becomes_inactive() -> None:
    made_world = world(2)
    made_world.apply(made_world.plan())
    made_world.pass_time(5)
    made_world.service = replace(made_world.service, status=ServiceStatus.DRAINING, desired_count=0)
    made_world.apply(made_world.plan())
    made_world.pass_time(5)
    made_world.apply(made_world.plan())
    assert made_world.service.status is ServiceStatus.INACTIVE
    assert made_world.live() == []


def test_scale_in_takes_tasks_that_do_not_run_yet_first() -> None:
    made_world = world(1)
    running = made_world.add("ecs-svc/2", "arn:td/web:2", TaskStatus.RUNNING)
    waiting = made_world.add("ecs-svc/2", "arn:td/web:2")
    assert [s.task_arn for s in made_world.plan().stops] == [waiting.task_arn]
    assert running.task_arn in {t.task_arn for t in made_world.live()}


def test_a_throttled_deployment_is_not_said_to_be_stuck() -> None:
    made_world = world(2, 100, 100, old=2)
    failing = replace(made_world.service.primary, failed_in_a_row=4, retry_at=made_world.now + 20)
    made_world.service = replace(made_world.service, deployments=(failing, *made_world.service.deployments[1:]))
    assert made_world.plan().events == ()
