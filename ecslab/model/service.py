"""Services, their deployments and events: frozen wire objects, spelled as the API spells them.

Counts on a deployment (`running_count` …) are derived from the tasks when a service is read; the stored ones
mean nothing. Times are lab seconds since the epoch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecslab.model.status import DeploymentStatus, RolloutState, SchedulingStrategy, ServiceStatus

KEPT_EVENTS = 100
"""How many service events DescribeServices shows (facts: service_event_meta)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """One service event."""

    id: str
    created_at: float
    message: str


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
class DeploymentConfiguration:
    """Percentages of the desired count; defaults of the API for REPLICA are 100 and 200, for DAEMON 0 and 100."""

    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    deployment_circuit_breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    alarms: DeploymentAlarms | None = None

    def lower(self, desired: int) -> int:
        """The least number of healthy tasks a deployment keeps: ceil(desired × minimum / 100)."""
        return math.ceil(desired * self.minimum_healthy_percent / 100)

    def upper(self, desired: int) -> int:
        """The most tasks a deployment may have: floor(desired × maximum / 100)."""
        return math.floor(desired * self.maximum_percent / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment of a service. ``id`` is ``ecs-svc/<digits>``, which is also its tasks' ``startedBy``."""

    id: str
    status: DeploymentStatus
    task_definition: str
    created_at: float
    updated_at: float
    desired_count: int = 0
    pending_count: int = 0
    running_count: int = 0
    failed_tasks: int = 0
    launch_type: str | None = None
    platform_version: str | None = None
    platform_family: str | None = None
    network_configuration: Mapping[str, Any] | None = None
    rollout_state: RolloutState | None = RolloutState.IN_PROGRESS
    rollout_state_reason: str | None = None
    retry_at: float = 0.0
    """Not on the wire: no task is started before this time (throttling)."""
    failed_in_a_row: int = 0
    """Not on the wire: tasks that stopped without ever running, since one last ran."""
    breaker_failures: int = 0
    """Not on the wire: what the circuit breaker counts (tasks that failed to start, or failed their health check)."""
    most_healthy: int = 0
    """Not on the wire: the most of its tasks that were ever healthy at once."""
    alarms_before: tuple[str, ...] = ()
    """Not on the wire: alarms that were in ALARM when it began, and so say nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service."""

    service_arn: str
    service_name: str
    cluster_arn: str
    task_definition: str
    desired_count: int
    created_at: float
    status: ServiceStatus = ServiceStatus.ACTIVE
    running_count: int = 0
    pending_count: int = 0
    launch_type: str | None = "EC2"
    scheduling_strategy: SchedulingStrategy = SchedulingStrategy.REPLICA
    deployment_configuration: DeploymentConfiguration = field(default_factory=DeploymentConfiguration)
    deployment_controller: Mapping[str, str] = field(default_factory=lambda: {"type": "ECS"})
    deployments: tuple[Deployment, ...] = ()
    events: tuple[ServiceEvent, ...] = ()
    created_by: str | None = None
    role_arn: str | None = None
    network_configuration: Mapping[str, Any] | None = None
    placement_constraints: tuple[Mapping[str, str], ...] = ()
    placement_strategy: tuple[Mapping[str, str], ...] = ()
    load_balancers: tuple[Mapping[str, Any], ...] = ()
    service_registries: tuple[Mapping[str, Any], ...] = ()
    platform_version: str | None = None
    platform_family: str | None = None
    health_check_grace_period_seconds: int | None = None
    propagate_tags: str = "NONE"
    enable_ecs_managed_tags: bool = False
    enable_execute_command: bool = False
    availability_zone_rebalancing: str = "DISABLED"
    tags: tuple[Mapping[str, str], ...] = ()
    steady: bool = False
    """Not on the wire: whether the last event said that the steady state was reached."""
    deleted_at: float | None = None
    """Not on the wire."""
    last_completed: Deployment | None = None
    """Not on the wire: where a rollback goes."""

    @property
    def cluster_name(self) -> str:
        """The cluster's name, from its ARN."""
        return self.cluster_arn.rsplit("/", 1)[-1]

    @property
    def primary(self) -> Deployment:
        """The newest deployment, which is being rolled out or stands."""
        return self.deployments[0]
