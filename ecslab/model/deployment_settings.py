"""How a service wants to be deployed: the ``deploymentConfiguration`` of the API, parsed. Data and its formulas only.

Invariant: what stands here was checked where it was read (``ecslab.aws.ecs.deploying``); nothing is checked twice.
Source: Amazon ECS API Reference, DeploymentConfiguration; facts: circuit_breaker, blue_green.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DeploymentStrategy(StrEnum):
    """How traffic and tasks go from one revision of a service to the next."""

    ROLLING = "ROLLING"
    BLUE_GREEN = "BLUE_GREEN"
    LINEAR = "LINEAR"
    CANARY = "CANARY"


class LifecycleStage(StrEnum):
    """The stages of a blue/green, linear or canary deployment, in order."""

    RECONCILE_SERVICE = "RECONCILE_SERVICE"
    PRE_SCALE_UP = "PRE_SCALE_UP"
    SCALE_UP = "SCALE_UP"
    POST_SCALE_UP = "POST_SCALE_UP"
    TEST_TRAFFIC_SHIFT = "TEST_TRAFFIC_SHIFT"
    POST_TEST_TRAFFIC_SHIFT = "POST_TEST_TRAFFIC_SHIFT"
    PRODUCTION_TRAFFIC_SHIFT = "PRODUCTION_TRAFFIC_SHIFT"
    POST_PRODUCTION_TRAFFIC_SHIFT = "POST_PRODUCTION_TRAFFIC_SHIFT"
    BAKE_TIME = "BAKE_TIME"
    CLEAN_UP = "CLEAN_UP"


BEFORE_PRODUCTION = "PRE_PRODUCTION_TRAFFIC_SHIFT"
"""Not a stage: the moment before each shift of production traffic, at which hooks may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerThreshold:
    """How many failed tasks trip the circuit breaker: of ``type`` BOUNDED_PERCENT, UNBOUNDED_PERCENT or COUNT."""

    type: str = "BOUNDED_PERCENT"
    value: int = 50


LEAST_FAILURES, MOST_FAILURES = 3, 200
"""The bounds of BOUNDED_PERCENT (facts: circuit_breaker)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """The deployment circuit breaker of a service."""

    enable: bool = False
    rollback: bool = False
    reset_on_healthy_task: bool = True
    threshold_configuration: BreakerThreshold = field(default_factory=BreakerThreshold)

    def threshold(self, desired: int) -> int:
        """The number of failed tasks at which a deployment of ``desired`` tasks has failed; at least one."""
        kind, value = self.threshold_configuration.type, self.threshold_configuration.value
        if kind == "COUNT":
            return max(1, value)
        share = math.ceil(desired * value / 100)
        return max(1, share) if kind == "UNBOUNDED_PERCENT" else min(MOST_FAILURES, max(LEAST_FAILURES, share))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentAlarms:
    """The CloudWatch alarms that fail a deployment."""

    alarm_names: tuple[str, ...] = ()
    enable: bool = False
    rollback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HookTimeout:
    """What happens to a hook that does not come to an end in time."""

    timeout_in_minutes: int = 1440
    action: str = "ROLLBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleHook:
    """Something that must say yes before a deployment goes on: a Lambda function, or a person (PAUSE)."""

    lifecycle_stages: tuple[str, ...]
    target_type: str = "AWS_LAMBDA"
    hook_target_arn: str | None = None
    role_arn: str | None = None
    hook_details: Any = None
    timeout_configuration: HookTimeout | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearConfiguration:
    """Production traffic in equal steps, with a wait after each but the last."""

    step_percent: float = 10.0
    step_bake_time_in_minutes: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryConfiguration:
    """A little production traffic first, and after a wait the rest."""

    canary_percent: float = 5.0
    canary_bake_time_in_minutes: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentConfiguration:
    """Percentages of the desired count; defaults of the API for REPLICA are 100 and 200, for DAEMON 0 and 100."""

    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    deployment_circuit_breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    alarms: DeploymentAlarms | None = None
    strategy: DeploymentStrategy = DeploymentStrategy.ROLLING
    bake_time_in_minutes: int | None = None
    lifecycle_hooks: tuple[LifecycleHook, ...] = ()
    linear_configuration: LinearConfiguration | None = None
    canary_configuration: CanaryConfiguration | None = None
    early_success_criteria: Mapping[str, Any] | None = None

    def lower(self, desired: int) -> int:
        """The least number of healthy tasks a deployment keeps: ceil(desired × minimum / 100)."""
        return math.ceil(desired * self.minimum_healthy_percent / 100)

    def upper(self, desired: int) -> int:
        """The most tasks a deployment may have: floor(desired × maximum / 100)."""
        return math.floor(desired * self.maximum_percent / 100)

    @property
    def shifts_traffic(self) -> bool:
        """Whether traffic is shifted from a whole old set of tasks to a whole new one."""
        return self.strategy is not DeploymentStrategy.ROLLING

    @property
    def steps(self) -> tuple[tuple[float, float], ...]:
        """Production weights of the new revision, in percent, each with the minutes to wait after it; ends at 100."""
        if self.strategy is DeploymentStrategy.CANARY:
            canary = self.canary_configuration or CanaryConfiguration()
            first = (canary.canary_percent, float(canary.canary_bake_time_in_minutes))
            return ((100.0, 0.0),) if canary.canary_percent >= 100 else (first, (100.0, 0.0))
        if self.strategy is DeploymentStrategy.LINEAR:
            linear = self.linear_configuration or LinearConfiguration()
            count = math.ceil(round(100 / linear.step_percent, 6))
            weights = [round(linear.step_percent * n, 6) for n in range(1, count)]
            return (*((weight, float(linear.step_bake_time_in_minutes)) for weight in weights), (100.0, 0.0))
        return ((100.0, 0.0),)
