"""Laws of deployments that shift traffic: weights sum to 100, blue serves until green can, every state converges."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.model.deployment_settings import (
    CanaryConfiguration,
    CircuitBreaker,
    DeploymentAlarms,
    DeploymentConfiguration,
    DeploymentStrategy,
    HookTimeout,
    LifecycleHook,
    LifecycleStage,
    LinearConfiguration,
)
from ecslab.model.deployments import NEXT, ServiceDeployment, ServiceDeploymentStatus
from ecslab.model.plan import Plan, ServiceSnapshot
from ecslab.model.service import Service
from ecslab.model.status import DeploymentStatus, DesiredStatus, RolloutState, TaskStatus
from ecslab.scheduler import progress
from ecslab.scheduler.services import plan
from tests.scheduler.test_services import DEFINITIONS, World, deployment

Status = ServiceDeploymentStatus
MINUTE = 60.0
PREFIX = "arn:service-revision/default/web"


@dataclass
class Shifting(World):
    """A world whose green tasks may fail to start, whose alarm may ring, and whose hooks answer."""

    failing: bool = False
    ringing: bool = False
    answers: dict[str, str] = field(default_factory=dict)
    seen: list[LifecycleStage] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    @property
    def record(self) -> ServiceDeployment:
        assert self.service.rollout is not None
        return self.service.rollout

    def plan(self) -> Plan:
        alive = tuple(t for t in self.tasks.values() if t.last_status is not TaskStatus.STOPPED)
        alarms = frozenset({"errors"}) if self.ringing else frozenset()
        snapshot = ServiceSnapshot(
            service=self.service, tasks=alive, definitions=DEFINITIONS, in_alarm=alarms, hook_answers=self.answers
        )
        return plan(snapshot, self.now, random.Random(0).choice)

    def look(self) -> Plan:
        before = self.record
        decided = self.plan()
        self.apply(decided)
        after = self.record
        assert after.status is before.status or _reachable(before.status, after.status)
        if after.lifecycle_stage and (not self.seen or self.seen[-1] is not after.lifecycle_stage):
            self.seen.append(after.lifecycle_stage)
        share = after.target_service_revision.requested_production_traffic_weight
        if share is not None and (not self.shares or self.shares[-1] != share):
            self.shares.append(share)
        self.check_weights()
        return decided

    def check_weights(self) -> None:
        for name in ("requested_production_traffic_weight", "requested_test_traffic_weight"):
            assert round(sum(getattr(r, name) or 0.0 for r in self.record.revisions), 6) == 100.0

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for arn, task in list(self.tasks.items()):
            green = task.deployment_id == "ecs-svc/2"
            if task.desired_status is DesiredStatus.STOPPED or (
                green and self.failing and task.last_status is TaskStatus.PENDING
            ):
                self.tasks[arn] = replace(task, last_status=TaskStatus.STOPPED, desired_status=DesiredStatus.STOPPED)
                if green and self.failing:
                    self._count_failure()
            elif task.last_status is TaskStatus.PENDING:
                self.tasks[arn] = replace(task, last_status=TaskStatus.RUNNING, started_at=self.now)

    def _count_failure(self) -> None:
        self.service = replace(
            self.service,
            deployments=tuple(
                replace(d, breaker_failures=d.breaker_failures + 1) if d.id == "ecs-svc/2" else d
                for d in self.service.deployments
            ),
        )

    def running(self, number: int) -> int:
        return sum(t.deployment_id == f"ecs-svc/{number}" and t.last_status is TaskStatus.RUNNING for t in self.live())

    def until(self, *statuses: Status, limit: int = 400, step: float = 30.0) -> None:
        for _ in range(limit):
            self.look()
            if self.record.status in statuses:
                return
            self.pass_time(step)
        raise AssertionError(f"{self.record.status} at {self.record.lifecycle_stage}, not {statuses}")


def _reachable(before: Status, after: Status) -> bool:
    """One look may make two moves, as from IN_PROGRESS over ROLLBACK_IN_PROGRESS to its end."""
    return after in NEXT[before] or any(after in NEXT[between] for between in NEXT[before])


def world(desired: int = 3, *, blue: int | None = None, **rules: Any) -> Shifting:
    """A service with ``blue`` running tasks of revision 1 that begins to deploy revision 2."""
    rules = {"strategy": DeploymentStrategy.BLUE_GREEN, "bake_time_in_minutes": 10} | rules
    old = replace(deployment(1, DeploymentStatus.ACTIVE), rollout_state=RolloutState.COMPLETED, launch_type="FARGATE")
    new = replace(deployment(2, DeploymentStatus.PRIMARY), launch_type="FARGATE")
    service = Service(
        service_arn="arn:service/default/web",
        service_name="web",
        cluster_arn="arn:cluster/default",
        task_definition="arn:td/web:2",
        desired_count=desired,
        created_at=0.0,
        launch_type="FARGATE",
        deployment_configuration=DeploymentConfiguration(**rules),
        deployments=(new, old),
        last_completed=old,
    )
    service = replace(
        service, rollout=progress.begin(service, "arn:service-deployment/default/web/x", f"{PREFIX}/2", 0)
    )
    made = Shifting(service=service, now=1000.0)
    for _ in range(desired if blue is None else blue):
        made.add("ecs-svc/1", "arn:td/web:1", TaskStatus.RUNNING)
    return made


def test_blue_green_goes_through_every_stage_in_order_and_then_only_green_is_left() -> None:
    it = world()
    it.until(Status.SUCCESSFUL)
    assert it.seen == [stage for stage in LifecycleStage if stage is not LifecycleStage.RECONCILE_SERVICE]
    assert it.shares == [0.0, 100.0]
    assert (it.running(1), it.running(2)) == (0, 3)
    assert it.service.primary.rollout_state is RolloutState.COMPLETED


def test_both_sets_run_for_the_whole_bake_time() -> None:
    it = world()
    while it.record.lifecycle_stage is not LifecycleStage.BAKE_TIME:
        it.look()
        it.pass_time(10)
    begun = it.record.stage_since
    while it.record.lifecycle_stage is LifecycleStage.BAKE_TIME:
        assert (it.running(1), it.running(2)) == (3, 3)
        again = it.look().recheck_at
        if it.record.lifecycle_stage is LifecycleStage.BAKE_TIME:
            assert again == begun + 10 * MINUTE
            it.pass_time(10)
    assert it.record.stage_since - begun == 10 * MINUTE


def test_linear_shifts_in_equal_steps_and_waits_after_each_but_the_last() -> None:
    steps = LinearConfiguration(step_percent=30.0, step_bake_time_in_minutes=5)
    it = world(strategy=DeploymentStrategy.LINEAR, linear_configuration=steps, bake_time_in_minutes=0)
    it.until(Status.SUCCESSFUL)
    assert it.shares == [0.0, 30.0, 60.0, 90.0, 100.0]
    assert DeploymentConfiguration(strategy=DeploymentStrategy.LINEAR).steps == (
        *((10.0 * n, 6.0) for n in range(1, 10)),
        (100.0, 0.0),
    )


def test_canary_shifts_a_little_and_then_the_rest() -> None:
    canary = CanaryConfiguration(canary_percent=0.1, canary_bake_time_in_minutes=15)
    it = world(strategy=DeploymentStrategy.CANARY, canary_configuration=canary)
    while it.shares != [0.0, 0.1]:
        it.look()
        it.pass_time(10)
    stepped = it.record.stepped_at
    while it.shares[-1] != 100.0:
        it.look()
        it.pass_time(10)
    assert it.record.stepped_at - stepped == 15 * MINUTE


def test_a_first_deployment_has_all_the_traffic_and_no_bake_time() -> None:
    it = world(blue=0)
    service = replace(it.service, deployments=it.service.deployments[:1], last_completed=None, rollout=None)
    it.service = replace(
        service, rollout=progress.begin(service, "arn:service-deployment/default/web/x", f"{PREFIX}/2", 0)
    )
    it.until(Status.SUCCESSFUL, step=30)
    assert it.shares == [100.0]
    assert it.now < 1000 + 10 * MINUTE


@pytest.mark.parametrize("stage", [s for s in LifecycleStage if s is not LifecycleStage.RECONCILE_SERVICE])
@pytest.mark.parametrize("cause", ["alarm", "breaker", "user"])
def test_whatever_goes_wrong_at_whatever_stage_blue_serves_again(stage: LifecycleStage, cause: str) -> None:
    hooks = tuple(
        LifecycleHook(lifecycle_stages=(s.value,), target_type="PAUSE")
        for s in (stage,)
        if s.value.startswith(("PRE_S", "POST"))
    )
    it = world(
        alarms=DeploymentAlarms(alarm_names=("errors",), enable=True, rollback=True),
        deployment_circuit_breaker=CircuitBreaker(enable=True, rollback=True),
        lifecycle_hooks=hooks,
    )
    for _ in range(400):
        it.look()
        if it.record.lifecycle_stage is stage or stage in it.seen:
            break
        it.pass_time(10)
    if cause == "alarm":
        it.ringing = True
    elif cause == "breaker":
        it.service = replace(
            it.service, deployments=(replace(it.service.primary, breaker_failures=3), *it.service.deployments[1:])
        )
    else:
        it.service = replace(it.service, rollout=replace(it.record, status=Status.ROLLBACK_REQUESTED))
    it.until(Status.ROLLBACK_SUCCESSFUL)
    assert (it.running(1), it.running(2)) == (3, 0)
    assert it.service.task_definition == "arn:td/web:1"
    assert it.record.rollback is not None
    assert it.record.rollback.service_revision_arn == f"{PREFIX}/1"
    assert it.record.target_service_revision.requested_production_traffic_weight == 0.0


def test_tasks_that_never_start_trip_the_breaker_and_blue_never_loses_traffic() -> None:
    it = world(deployment_circuit_breaker=CircuitBreaker(enable=True, rollback=True))
    it.failing = True
    it.until(Status.ROLLBACK_SUCCESSFUL)
    assert it.shares == [0.0]
    assert it.running(1) == 3
    assert it.record.deployment_circuit_breaker.status == "TRIGGERED"


def hooked(stage: str, **more: Any) -> Shifting:
    given = {"hook_target_arn": "arn:fn", "role_arn": "arn:role"} | more
    return world(lifecycle_hooks=(LifecycleHook(lifecycle_stages=(stage,), **given),))


def test_a_hook_that_says_nothing_succeeds_after_a_moment() -> None:
    it = hooked("POST_TEST_TRAFFIC_SHIFT")
    it.until(Status.SUCCESSFUL)
    (detail,) = it.record.lifecycle_hook_details
    assert (detail.status, detail.target_arn) == ("SUCCEEDED", "arn:fn")


def test_a_hook_that_fails_rolls_back_before_production_traffic() -> None:
    it = hooked("PRE_PRODUCTION_TRAFFIC_SHIFT")
    it.answers["arn:fn"] = "FAILED"
    it.until(Status.ROLLBACK_SUCCESSFUL)
    assert it.shares == [0.0]
    assert "arn:fn" in (it.record.status_reason or "")


def test_a_hook_in_progress_is_asked_again_until_it_has_an_answer_or_its_time_is_up() -> None:
    it = hooked("PRE_SCALE_UP", timeout_configuration=HookTimeout(timeout_in_minutes=5, action="ROLLBACK"))
    it.answers["arn:fn"] = "IN_PROGRESS"
    it.until(Status.ROLLBACK_SUCCESSFUL)
    assert it.record.lifecycle_hook_details[0].status == "TIMED_OUT"
    assert it.now >= 1000 + 5 * MINUTE
    other = hooked("PRE_SCALE_UP")
    other.answers["arn:fn"] = "IN_PROGRESS"
    for _ in range(10):
        other.look()
        other.pass_time(30)
    assert other.record.lifecycle_stage is LifecycleStage.PRE_SCALE_UP
    other.answers["arn:fn"] = "SUCCEEDED"
    other.until(Status.SUCCESSFUL)


def test_a_pause_waits_and_may_go_on_by_itself() -> None:
    it = hooked(
        "POST_SCALE_UP",
        target_type="PAUSE",
        timeout_configuration=HookTimeout(timeout_in_minutes=60, action="CONTINUE"),
    )
    it.until(Status.SUCCESSFUL)
    assert it.record.lifecycle_hook_details[0].status == "TIMED_OUT"
    assert it.now >= 1000 + 60 * MINUTE


def test_linear_hooks_are_called_at_every_step() -> None:
    it = world(
        strategy=DeploymentStrategy.LINEAR,
        linear_configuration=LinearConfiguration(step_percent=50.0, step_bake_time_in_minutes=1),
        lifecycle_hooks=(
            LifecycleHook(
                lifecycle_stages=("PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"), hook_target_arn="arn:fn"
            ),
        ),
    )
    it.until(Status.SUCCESSFUL)
    assert [d.stage for d in it.record.lifecycle_hook_details] == [
        "PRE_PRODUCTION_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
    ] * 2


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_from_any_state_weights_sum_to_100_and_it_converges(data: st.DataObject) -> None:
    desired = data.draw(st.integers(0, 5), label="desired")
    strategy = data.draw(st.sampled_from([s for s in DeploymentStrategy if s is not DeploymentStrategy.ROLLING]))
    it = world(desired, blue=data.draw(st.integers(0, 7), label="blue"), strategy=strategy)
    for _ in range(data.draw(st.integers(0, 4), label="green")):
        it.add("ecs-svc/2", "arn:td/web:2", data.draw(st.sampled_from([TaskStatus.PENDING, TaskStatus.RUNNING])))
    upsets = data.draw(st.lists(st.sampled_from(["kill", "scale", "rollback", "nothing"]), max_size=4), label="upsets")
    for upset in upsets:
        for _ in range(data.draw(st.integers(0, 30), label="looks")):
            it.look()
            _check_blue_serves(it)
            it.pass_time(data.draw(st.sampled_from([1.0, 20.0, 120.0]), label="time"))
        _upset(it, upset, data)
    it.until(Status.SUCCESSFUL, Status.ROLLBACK_SUCCESSFUL, limit=3000)
    for _ in range(5):
        it.pass_time(60)
        it.apply(it.plan())
    survivor = 2 if it.record.status is Status.SUCCESSFUL else 1
    assert it.running(survivor) == it.service.desired_count == len(it.live())
    share = it.record.target_service_revision.requested_production_traffic_weight
    assert share == (100.0 if survivor == 2 else 0.0)


def _upset(it: Shifting, upset: str, data: st.DataObject) -> None:
    if upset == "kill" and it.live():
        victim = data.draw(st.sampled_from([t.task_arn for t in it.live()]), label="victim")
        it.tasks[victim] = replace(
            it.tasks[victim], last_status=TaskStatus.STOPPED, desired_status=DesiredStatus.STOPPED
        )
    elif upset == "scale":
        it.service = replace(it.service, desired_count=data.draw(st.integers(0, 6), label="scaled"))
    elif upset == "rollback" and it.record.status is Status.IN_PROGRESS:
        it.service = replace(it.service, rollout=replace(it.record, status=Status.ROLLBACK_REQUESTED))


def _check_blue_serves(it: Shifting) -> None:
    """No plan takes a healthy blue task away while blue has traffic, but for what is beyond the desired count."""
    green = it.record.target_service_revision.requested_production_traffic_weight or 0.0
    if green < 100.0 and not it.record.is_finished:
        stops = [s for s in it.plan().stops if it.tasks[s.task_arn].deployment_id == "ecs-svc/1"]
        blue = [t for t in it.live() if t.deployment_id == "ecs-svc/1"]
        assert len(blue) - len(stops) >= min(len(blue), it.service.desired_count)


def test_an_aborted_deployment_starts_nothing_more_and_takes_nothing_away() -> None:
    it = world()
    while it.record.lifecycle_stage is not LifecycleStage.BAKE_TIME:
        it.look()
        it.pass_time(10)
    it.service = replace(it.service, rollout=replace(it.record, status=Status.STOP_REQUESTED))
    it.until(Status.STOPPED)
    for _ in range(20):
        it.apply(it.plan())
        it.pass_time(120)
    assert (it.running(1), it.running(2)) == (3, 3)
    assert it.record.target_service_revision.requested_production_traffic_weight == 100.0
