"""Daemons of Amazon ECS Managed Instances: what they are, what they ran as, and how they are rolled out. Data only.

A daemon has one task on every instance of its capacity providers; each change of it is a revision, and a deployment
replaces the instances of the one by instances of the next. Source: Amazon ECS API Reference, DaemonDetail,
DaemonRevision, DaemonDeployment, DaemonTaskDefinition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Tags = tuple[Mapping[str, str], ...]
DRAIN_PERCENT = 25.0
"""``drainPercent`` where nothing is said (Developer Guide, "Daemon deployments")."""
THRESHOLD = 3
"""Failed daemon tasks at which the circuit breaker gives a deployment up (AWS names no number; ours)."""


class DaemonStatus(StrEnum):
    """Status of a daemon; one that is deleted is there no more."""

    ACTIVE = "ACTIVE"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"


class DeploymentState(StrEnum):
    """Status of a daemon deployment."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOPPED = "STOPPED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"


UNDER_WAY = (DeploymentState.PENDING, DeploymentState.IN_PROGRESS, DeploymentState.ROLLBACK_IN_PROGRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonTaskDefinition:
    """One revision of a family; ``wire`` is the request it was registered with."""

    arn: str
    family: str
    revision: int
    wire: Mapping[str, Any]
    registered_at: float
    registered_by: str
    delete_requested_at: float | None = None
    tags: Tags = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonRevision:
    """A daemon's settings at the time of a deployment; never changed."""

    daemon_revision_arn: str
    cluster_arn: str
    daemon_arn: str
    daemon_task_definition_arn: str
    created_at: float
    container_images: tuple[Mapping[str, str], ...] = ()
    propagate_tags: str = "NONE"
    enable_ecs_managed_tags: bool = False
    enable_execute_command: bool = False
    critical: bool = True
    providers: tuple[str, ...] = ()
    """Names. Not on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonDeployment:
    """The rollout of a revision. Without a target it takes the daemon away."""

    daemon_deployment_arn: str
    cluster_arn: str
    daemon_arn: str
    created_at: float
    target: str
    """ARN of the revision; empty where the daemon is deleted."""
    sources: tuple[str, ...] = ()
    """ARNs of the revisions that are replaced."""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    status: DeploymentState = DeploymentState.PENDING
    status_reason: str | None = None
    started_at: float | None = None
    stopped_at: float | None = None
    finished_at: float | None = None
    since: float = 0.0
    """Instances that joined from then on are to have the wanted revision (lab seconds)."""
    done_at: float | None = None
    """When every instance had it: the bake time runs from then on."""
    failures: int = 0
    rolled_back_to: str = ""
    rolled_back_at: float | None = None
    triggered: tuple[str, ...] = ()
    """Names of the alarms that failed it."""

    @property
    def wanted(self) -> str:
        """ARN of the revision that instances are to have now."""
        return self.rolled_back_to or self.target

    @property
    def drain_percent(self) -> float:
        """How many of the instances may be drained at once, in percent."""
        return float(self.configuration.get("drainPercent") or DRAIN_PERCENT)

    @property
    def bake_seconds(self) -> float:
        """Seconds for which it is watched after its last step."""
        return 60.0 * (self.configuration.get("bakeTimeInMinutes") or 0)

    @property
    def alarms(self) -> tuple[str, ...]:
        """The alarms that are watched."""
        said = self.configuration.get("alarms") or {}
        return tuple(said.get("alarmNames") or ()) if said.get("enable") else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """One daemon."""

    daemon_arn: str
    cluster_arn: str
    name: str
    created_at: float
    updated_at: float
    deployment_arn: str
    status: DaemonStatus = DaemonStatus.ACTIVE
    tags: Tags = ()

    @property
    def cluster(self) -> str:
        """The name of its cluster."""
        return self.cluster_arn.rsplit("/", 1)[-1]
