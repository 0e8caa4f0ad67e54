"""Keeping one set of a service's tasks at a wished number: what blue, green and every task set need. Pure.

A set is all the tasks of one deployment, with that deployment's definition, launch type and network. Invariants:
starts planned here never take the set above the wished number of tasks that are not UNHEALTHY; a healthy task is only
stopped where there are more than wished, or where it is on a DRAINING instance and its replacement is healthy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecslab.model.plan import Placement, Start, Stop
from ecslab.model.service import Deployment, Service
from ecslab.model.status import DeploymentStatus, HealthStatus, RolloutState
from ecslab.model.task import Task
from ecslab.scheduler.placement import Pick
from ecslab.scheduler.scale_in import surplus_of
from ecslab.scheduler.starts import Target, find_starts
from ecslab.scheduler.view import THROTTLE_AFTER, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What a set of tasks needs now."""

    starts: tuple[Start, ...] = ()
    stops: tuple[Stop, ...] = ()
    unplaced: tuple[Placement, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.starts or self.stops or self.unplaced)


def tasks_of(view: View, deployment_id: str) -> list[Task]:
    """The tasks of a set that are wished to run."""
    return [t for t in view.live if t.deployment_id == deployment_id]


def keep(view: View, deployment: Deployment, wanted: int, pick: Pick | None) -> Care:
    """Start and stop tasks of one deployment towards ``wanted``; without ``pick`` nothing is started."""
    mine = tasks_of(view, deployment.id)
    sick = [t for t in mine if t.health_status is HealthStatus.UNHEALTHY]
    moving = [t for t in mine if t.container_instance_arn in view.draining and t not in sick]
    good = [t for t in mine if t not in sick and t not in moving]
    starts, unplaced = _start(view, deployment, good, _allowed(view, deployment, wanted - len(good)), pick)
    reason = f"Scaling activity initiated by (deployment {deployment.id})"
    gone = [Stop(task_arn=t.task_arn, reason=reason) for t in surplus_of(good, len(good) - wanted, view.now)]
    gone += [Stop(task_arn=t.task_arn, reason=view.why_unhealthy(t)) for t in sick]
    if view.count_healthy(good) >= wanted:
        gone += [Stop(task_arn=t.task_arn, reason=reason) for t in moving if not t.is_protected(view.now)]
    return Care(starts=tuple(starts), stops=tuple(gone), unplaced=tuple(unplaced))


def _allowed(view: View, deployment: Deployment, missing: int) -> int:
    """How many may be started now: none of a failed deployment, and one at a time where starts keep failing."""
    if deployment.rollout_state is RolloutState.FAILED or view.now < deployment.retry_at:
        return 0
    return max(0, min(missing, 1) if deployment.failed_in_a_row >= THROTTLE_AFTER else missing)


def _start(
    view: View, deployment: Deployment, alive: Sequence[Task], count: int, pick: Pick | None
) -> tuple[list[Start], list[Placement]]:
    if pick is None or count <= 0:
        return [], []
    seen = replace(view.snapshot, service=deployed_as(view.service, deployment))
    return find_starts(seen, alive, [Target()] * count, pick)


def deployed_as(service: Service, deployment: Deployment) -> Service:
    """The service as one of its deployments runs it: with its definition, launch type, providers and network."""
    return replace(
        service,
        task_definition=deployment.task_definition,
        launch_type=deployment.launch_type or (None if deployment.capacity_provider_strategy else service.launch_type),
        capacity_provider_strategy=deployment.capacity_provider_strategy,
        network_configuration=deployment.network_configuration,
        deployments=(replace(deployment, status=DeploymentStatus.PRIMARY),),
    )
