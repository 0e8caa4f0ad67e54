"""Service deployments and service revisions: the records of what was deployed, when, and how it went.

Frozen wire objects, spelled as the API spells them; attributes that botocore's model does not know never leave the
lab. They decide nothing (see ``ecslab.scheduler.progress`` and ``ecslab.scheduler.bluegreen``). Invariant: production
and test weights of all the revisions of one service deployment sum to 100 where traffic is shifted at all.
Source: Amazon ECS Developer Guide, "View service history using Amazon ECS service deployments".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from ecslab.model.deployment_settings import DeploymentConfiguration, LifecycleStage

KEPT_DAYS = 90
"""Lab days for which a service deployment can be described."""


class ServiceDeploymentStatus(StrEnum):
    """Status of a service deployment."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOP_REQUESTED = "STOP_REQUESTED"
    STOPPED = "STOPPED"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"


_S = ServiceDeploymentStatus
FINISHED = frozenset((_S.SUCCESSFUL, _S.STOPPED, _S.ROLLBACK_SUCCESSFUL, _S.ROLLBACK_FAILED))
"""Statuses after which nothing changes any more."""
NEXT: dict[ServiceDeploymentStatus, tuple[ServiceDeploymentStatus, ...]] = {
    _S.PENDING: (_S.IN_PROGRESS, _S.ROLLBACK_REQUESTED, _S.STOP_REQUESTED, _S.STOPPED),
    _S.IN_PROGRESS: (_S.SUCCESSFUL, _S.ROLLBACK_REQUESTED, _S.ROLLBACK_IN_PROGRESS, _S.STOP_REQUESTED, _S.STOPPED),
    _S.STOP_REQUESTED: (_S.STOPPED,),
    _S.ROLLBACK_REQUESTED: (_S.ROLLBACK_IN_PROGRESS, _S.ROLLBACK_FAILED, _S.STOPPED),
    _S.ROLLBACK_IN_PROGRESS: (_S.ROLLBACK_SUCCESSFUL, _S.ROLLBACK_FAILED, _S.STOPPED),
    **dict.fromkeys(FINISHED, ()),
}
"""What may follow what; a newer deployment stops whatever is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionSummary:
    """One revision of a service inside a service deployment. Counts are derived from the tasks while it goes on."""

    arn: str
    requested_task_count: int = 0
    running_task_count: int = 0
    pending_task_count: int = 0
    requested_test_traffic_weight: float | None = None
    requested_production_traffic_weight: float | None = None

    @property
    def deployment_id(self) -> str:
        """The deployment in ``DescribeServices`` that runs this revision's tasks."""
        return f"ecs-svc/{self.arn.rsplit('/', 1)[-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Why and to what a service deployment was rolled back."""

    reason: str
    started_at: float
    service_revision_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerMonitor:
    """How the circuit breaker sees one service deployment."""

    status: str = "DISABLED"
    failure_count: int = 0
    threshold: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMonitor:
    """How the deployment alarms see one service deployment."""

    status: str = "DISABLED"
    alarm_names: tuple[str, ...] = ()
    triggered_alarm_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDetail:
    """One hook that a service deployment has come to."""

    hook_id: str
    target_type: str
    target_arn: str | None
    status: str
    expires_at: float
    timeout_action: str
    stage: str = ""
    """Not on the wire: the stage at which it was called."""
    begun_at: float = 0.0
    """Not on the wire."""
    heard_at: float = 0.0
    """Not on the wire: when a function's next answer comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeployment:
    """One service deployment."""

    service_deployment_arn: str
    service_arn: str
    cluster_arn: str
    created_at: float
    updated_at: float
    target_service_revision: RevisionSummary
    source_service_revisions: tuple[RevisionSummary, ...] = ()
    started_at: float | None = None
    finished_at: float | None = None
    stopped_at: float | None = None
    status: ServiceDeploymentStatus = ServiceDeploymentStatus.PENDING
    status_reason: str | None = None
    lifecycle_stage: LifecycleStage | None = None
    lifecycle_hook_details: tuple[HookDetail, ...] = ()
    deployment_configuration: DeploymentConfiguration = field(default_factory=DeploymentConfiguration)
    rollback: Rollback | None = None
    deployment_circuit_breaker: BreakerMonitor = field(default_factory=BreakerMonitor)
    alarms: AlarmMonitor = field(default_factory=AlarmMonitor)
    stage_since: float = 0.0
    """Not on the wire: when the lifecycle stage began."""
    step: int = 0
    """Not on the wire: how many of the strategy's traffic steps have been made."""
    stepped_at: float = 0.0
    """Not on the wire: when the latest of them was made."""
    retreating: bool = False
    """Not on the wire: traffic and tasks are on their way back."""
    first: bool = False
    """Not on the wire: it is the first of its service, so there is nothing to shift traffic from or to go back to."""

    @property
    def target_service_revision_arn(self) -> str:
        """What ListServiceDeployments shows of the target."""
        return self.target_service_revision.arn

    @property
    def is_finished(self) -> bool:
        """Whether nothing changes any more."""
        return self.status in FINISHED

    @property
    def is_rolling_back(self) -> bool:
        """Whether it goes back to where it came from."""
        return self.status in (_S.ROLLBACK_REQUESTED, _S.ROLLBACK_IN_PROGRESS)

    @property
    def revisions(self) -> tuple[RevisionSummary, ...]:
        """The target and the sources."""
        return (self.target_service_revision, *self.source_service_revisions)

    def weighed(
        self, *, production: Sequence[float] | None = None, test: Sequence[float] | None = None
    ) -> ServiceDeployment:
        """The record with these weights, in percent, for the target then the sources; None leaves them as they are."""
        revisions = list(self.revisions)
        if production is not None:
            pairs = zip(revisions, production, strict=True)
            revisions = [replace(r, requested_production_traffic_weight=w) for r, w in pairs]
        if test is not None:
            revisions = [replace(r, requested_test_traffic_weight=w) for r, w in zip(revisions, test, strict=True)]
        return replace(self, target_service_revision=revisions[0], source_service_revisions=tuple(revisions[1:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRevision:
    """The workload of a service as one deployment runs it; it never changes."""

    service_revision_arn: str
    service_arn: str
    cluster_arn: str
    task_definition: str
    created_at: float
    capacity_provider_strategy: tuple[Mapping[str, Any], ...] = ()
    launch_type: str | None = None
    platform_version: str | None = None
    platform_family: str | None = None
    network_configuration: Mapping[str, Any] | None = None
    load_balancers: tuple[Mapping[str, Any], ...] = ()
    gateway_connectors: tuple[Mapping[str, Any], ...] = ()
    service_registries: tuple[Mapping[str, Any], ...] = ()
    container_images: tuple[Mapping[str, str], ...] = ()
    guard_duty_enabled: bool = False
    ecs_managed_resources: Mapping[str, Any] | None = None
