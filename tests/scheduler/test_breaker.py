"""Claims about the circuit breaker's arithmetic and its verdicts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.deployment_settings import (
    BreakerThreshold,
    CircuitBreaker,
    DeploymentAlarms,
    DeploymentConfiguration,
)
from ecslab.model.service import Deployment, Service
from ecslab.model.status import DeploymentStatus, RolloutState
from ecslab.scheduler.breaker import heal, judge


def deployment(number: int, state: RolloutState = RolloutState.IN_PROGRESS, **more: object) -> Deployment:
    return Deployment(
        id=f"ecs-svc/{number}",
        status=DeploymentStatus.PRIMARY,
        task_definition=f"arn:td/web:{number}",
        created_at=0.0,
        updated_at=0.0,
        rollout_state=state,
        **more,  # type: ignore[arg-type]
    )


def service(failures: int, *, desired: int = 4, rollback: bool = True, **rules: object) -> Service:
    old = deployment(1, RolloutState.COMPLETED)
    return Service(
        service_arn="arn:web",
        service_name="web",
        cluster_arn="arn:cluster/default",
        task_definition="arn:td/web:2",
        desired_count=desired,
        created_at=0.0,
        deployment_configuration=DeploymentConfiguration(
            deployment_circuit_breaker=CircuitBreaker(enable=True, rollback=rollback),
            **rules,  # type: ignore[arg-type]
        ),
        deployments=(deployment(2, breaker_failures=failures), replace(old, status=DeploymentStatus.ACTIVE)),
        last_completed=old,
    )


@pytest.mark.parametrize(("desired", "failures"), [(1, 3), (5, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)])
def test_the_threshold_is_aws_s(desired: int, failures: int) -> None:
    assert CircuitBreaker().threshold(desired) == failures


def test_other_thresholds_have_no_bounds_or_are_plain_numbers() -> None:
    half = CircuitBreaker(threshold_configuration=BreakerThreshold(type="UNBOUNDED_PERCENT", value=50))
    five = CircuitBreaker(threshold_configuration=BreakerThreshold(type="COUNT", value=5))
    assert (half.threshold(2), half.threshold(800), five.threshold(800)) == (1, 400, 5)


def test_one_failure_too_few_is_no_failure() -> None:
    assert judge(service(2), (), 10.0) is None
    assert judge(service(3), (), 10.0) is not None


def test_it_rolls_back_to_the_last_completed_deployment() -> None:
    failure = judge(service(3), (), 10.0)
    assert failure is not None
    now = failure.service
    assert [(d.id, d.rollout_state) for d in now.deployments] == [
        ("ecs-svc/1", RolloutState.IN_PROGRESS),
        ("ecs-svc/2", RolloutState.FAILED),
    ]
    assert now.task_definition == "arn:td/web:1"
    assert now.deployments[1].rollout_state_reason == "ECS deployment circuit breaker: tasks failed to start."
    assert "rolling back to deploymentId ecs-svc/1" in (now.primary.rollout_state_reason or "")
    assert failure.events == (
        "(deployment ecs-svc/2) deployment failed: tasks failed to start.",
        "rolling back to deployment ecs-svc/1.",
    )


@pytest.mark.parametrize("without", ["rollback", "a completed deployment"])
def test_without_a_way_back_it_stays_failed(without: str) -> None:
    stuck = service(3, rollback=without != "rollback")
    if without != "rollback":
        stuck = replace(stuck, last_completed=None)
    failure = judge(stuck, (), 10.0)
    assert failure is not None
    assert failure.service.primary.id == "ecs-svc/2"
    assert failure.service.primary.rollout_state is RolloutState.FAILED
    assert judge(failure.service, (), 11.0) is None


def test_an_alarm_fails_a_deployment_unless_it_rang_before() -> None:
    alarms = DeploymentAlarms(alarm_names=("errors", "latency"), enable=True, rollback=True)
    rung = service(0, alarms=alarms)
    assert judge(rung, (), 1.0) is None
    failure = judge(rung, ("latency",), 1.0)
    assert failure is not None
    assert "alarm detected (latency)" in failure.events[0]
    before = replace(rung, deployments=(replace(rung.primary, alarms_before=("latency",)), *rung.deployments[1:]))
    assert judge(before, ("latency",), 1.0) is None


@given(st.integers(0, 10), st.integers(0, 10), st.booleans())
def test_only_a_task_more_than_ever_was_healthy_resets_the_count(most: int, healthy: int, resets: bool) -> None:
    rules = DeploymentConfiguration(
        deployment_circuit_breaker=CircuitBreaker(enable=True, reset_on_healthy_task=resets)
    )
    counted = deployment(2, breaker_failures=2, most_healthy=most)
    before = replace(service(0), deployment_configuration=rules, deployments=(counted,))
    after = heal(before, healthy).primary
    assert after.breaker_failures == (0 if resets and healthy > most else 2)
    assert after.most_healthy == max(most, healthy)
