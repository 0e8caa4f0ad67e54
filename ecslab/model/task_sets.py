"""Task sets: what a service whose deployment controller is not ECS runs, each with its own definition and its share.

Frozen wire objects, spelled as the API spells them. Invariant: a task set's ``work`` is the deployment that runs its
tasks, with the same id. Source: Amazon ECS API Reference, TaskSet and Scale; Developer Guide, "External deployments".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecslab.model.service import Deployment


class TaskSetStatus(StrEnum):
    """Status of a task set."""

    PRIMARY = "PRIMARY"
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"


class Stability(StrEnum):
    """Whether a task set has reached its steady state."""

    STEADY_STATE = "STEADY_STATE"
    STABILIZING = "STABILIZING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A percentage of the service's desired count."""

    value: float = 100.0
    unit: str = "PERCENT"

    def of(self, desired: int) -> int:
        """How many tasks that is, rounded up."""
        return math.ceil(round(desired * self.value / 100, 9))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSet:
    """One task set. ``id`` is ``ecs-svc/<digits>``, which is also its tasks' ``startedBy``."""

    id: str
    task_set_arn: str
    service_arn: str
    cluster_arn: str
    task_definition: str
    created_at: float
    updated_at: float
    work: Deployment
    """Not on the wire."""
    status: TaskSetStatus = TaskSetStatus.ACTIVE
    scale: Scale = field(default_factory=Scale)
    started_by: str | None = None
    external_id: str | None = None
    launch_type: str | None = None
    capacity_provider_strategy: tuple[Mapping[str, Any], ...] = ()
    platform_version: str | None = None
    platform_family: str | None = None
    network_configuration: Mapping[str, Any] | None = None
    load_balancers: tuple[Mapping[str, Any], ...] = ()
    service_registries: tuple[Mapping[str, Any], ...] = ()
    computed_desired_count: int = 0
    """Derived, as the counts below, from the service and its tasks when it is read."""
    pending_count: int = 0
    running_count: int = 0
    stability_status: Stability = Stability.STABILIZING
    stability_status_at: float = 0.0
    tags: tuple[Mapping[str, str], ...] = ()

    def wanted(self, desired: int) -> int:
        """How many tasks it is to have where ``desired`` are desired of its service."""
        return 0 if self.status is TaskSetStatus.DRAINING else self.scale.of(desired)
