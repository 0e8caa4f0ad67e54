"""Services, their deployments and events: frozen wire objects, spelled as the API spells them.

Counts on a deployment (`running_count` …) are derived from the tasks when a service is read; the stored ones
mean nothing. Times are lab seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecslab.model.balancing import Binding
from ecslab.model.capacity import Strategy, is_fargate
from ecslab.model.deployment_settings import DeploymentConfiguration
from ecslab.model.deployments import RevisionSummary, ServiceDeployment
from ecslab.model.status import DeploymentStatus, LaunchType, RolloutState, SchedulingStrategy, ServiceStatus
from ecslab.model.task_sets import TaskSet

KEPT_EVENTS = 100
"""How many service events DescribeServices shows (facts: service_event_meta)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """One service event."""

    id: str
    created_at: float
    message: str


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
    capacity_provider_strategy: Strategy = ()
    platform_version: str | None = None
    platform_family: str | None = None
    network_configuration: Mapping[str, Any] | None = None
    rollout_state: RolloutState | None = RolloutState.IN_PROGRESS
    rollout_state_reason: str | None = None
    bindings: tuple[Binding, ...] = ()
    """Not on the wire: the target groups its tasks are registered in."""
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
    alarms_triggered: tuple[str, ...] = ()
    """Not on the wire: the alarms that failed it."""
    given_up: str = ""
    """Not on the wire: why it was given up, where neither an alarm nor the circuit breaker did it."""


def wished(service: Service) -> dict[str, Any]:
    """What of a service is a wish, as the journal tells it."""
    return {"desired": service.desired_count, "definition": service.task_definition}


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
    capacity_provider_strategy: Strategy = ()
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
    gateway_connectors: tuple[Mapping[str, Any], ...] = ()
    gateway_balancers: tuple[Mapping[str, Any], ...] = ()
    """Not on the wire: the target groups of its gateway routes, in the shape of load balancers."""
    service_registries: tuple[Mapping[str, Any], ...] = ()
    platform_version: str | None = None
    platform_family: str | None = None
    health_check_grace_period_seconds: int | None = None
    propagate_tags: str = "NONE"
    enable_ecs_managed_tags: bool = False
    enable_execute_command: bool = False
    availability_zone_rebalancing: str = "DISABLED"
    resource_management_type: str = "CUSTOMER"
    """ECS where Express Mode made it."""
    tags: tuple[Mapping[str, str], ...] = ()
    steady: bool = False
    """Not on the wire: whether the last event said that the steady state was reached."""
    rebalancing: bool = False
    """Not on the wire: whether tasks were started beyond the desired count to even out its zones."""
    rebalance_at: float = 0.0
    """Not on the wire: rebalancing found no room where it would be even, and is not tried again before."""
    deleted_at: float | None = None
    """Not on the wire."""
    last_completed: Deployment | None = None
    """Not on the wire: where a rollback goes."""
    rollout: ServiceDeployment | None = None
    """Not on the wire as such: the newest service deployment, whose ARN is ``currentServiceDeployment``."""
    task_sets: tuple[TaskSet, ...] = ()
    """What runs instead of deployments where the deployment controller is not ECS."""
    current_service_revisions: tuple[RevisionSummary, ...] = ()
    """Derived from the tasks when a service is read, as counts are."""

    @property
    def cluster_name(self) -> str:
        """The cluster's name, from its ARN."""
        return self.cluster_arn.rsplit("/", 1)[-1]

    @property
    def balanced(self) -> tuple[Mapping[str, Any], ...]:
        """Its load balancers, and those of its gateway routes."""
        return (*self.load_balancers, *self.gateway_balancers)

    @property
    def launches_on(self) -> LaunchType:
        """Where its tasks run: its launch type, or that of its capacity providers."""
        if self.capacity_provider_strategy:
            return LaunchType.FARGATE if is_fargate(self.capacity_provider_strategy) else LaunchType.EC2
        return LaunchType(self.launch_type or "EC2")

    @property
    def current_service_deployment(self) -> str | None:
        """ARN of the newest service deployment."""
        return self.rollout.service_deployment_arn if self.rollout else None

    @property
    def works(self) -> tuple[Deployment, ...]:
        """Everything that runs tasks: its deployments, and those of its task sets."""
        return (*self.deployments, *(task_set.work for task_set in self.task_sets))

    def with_works(self, changed: Mapping[str, Deployment]) -> Service:
        """The service with these deployments, by id, instead of those it has."""
        return replace(
            self,
            deployments=tuple(changed.get(d.id, d) for d in self.deployments),
            task_sets=tuple(replace(s, work=changed.get(s.id, s.work)) for s in self.task_sets),
        )

    @property
    def primary(self) -> Deployment:
        """The newest deployment, which is being rolled out or stands."""
        return self.deployments[0]
