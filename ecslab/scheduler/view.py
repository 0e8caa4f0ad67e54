"""What the scheduler sees of one service: a snapshot with the counts that every rule needs. Pure; it plans nothing.

Invariant: a task is healthy here exactly where minimumHealthyPercent counts it. Source: Amazon ECS Developer Guide,
"Rolling update"; facts: rolling.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecslab.model.plan import ServiceSnapshot
from ecslab.model.status import DesiredStatus, HealthStatus, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler import breaker
from ecslab.scheduler.rooms import draining_of

HEALTHY_AFTER = 40.0
"""Seconds in RUNNING after which a task without health check and load balancer counts as healthy (facts: rolling)."""
PLACEMENT_RETRY = 15.0
"""Seconds until a task that found no instance is tried again (AWS documents none; a choice of this lab)."""
THROTTLE_AFTER = 3
"""Start failures in a row before starts are spaced out (AWS documents none; a choice of this lab)."""
UNHEALTHY = "Task failed container health checks"
UNHEALTHY_TARGET = "Task failed ELB health checks in (target-group {arn})"


class View:
    """A snapshot with the counts that every rule needs."""

    def __init__(self, snapshot: ServiceSnapshot, now: float) -> None:
        self.now = now
        self.snapshot = snapshot
        self.said: list[str] = []
        """Events of the rules, in AWS's words."""
        self.service = snapshot.service
        self.primary = snapshot.service.primary if snapshot.service.deployments else None
        self.definitions = snapshot.definitions
        self.rooms = snapshot.rooms
        self.zones = snapshot.zones
        self.balanced = {d.id for d in snapshot.service.works if d.bindings}
        """Deployments whose tasks a load balancer checks."""
        self.live = [t for t in snapshot.tasks if t.desired_status is DesiredStatus.RUNNING]
        self.leaving = [t for t in snapshot.tasks if t.desired_status is DesiredStatus.STOPPED]
        self.current = current = self.primary.id if self.primary else None
        self.draining = draining = draining_of(snapshot.rooms)
        self.old = [t for t in self.live if t.deployment_id != current or t.container_instance_arn in draining]
        outdated = {t.task_arn for t in self.old}
        self.new = [t for t in self.live if t.task_arn not in outdated]
        self.healthy = {t.task_arn for t in self.live if self.is_healthy(t)}
        if self.primary is not None:
            self.service = breaker.heal(self.service, self.count_healthy(self.new))
            self.primary = self.service.primary

    def is_healthy(self, task: Task) -> bool:
        """Whether a task counts for minimumHealthyPercent.

        In the newest deployment: HEALTHY where a health check is defined, else RUNNING for 40 seconds. In an older
        one: RUNNING and not found UNHEALTHY, so that a rollout never takes away what has only just started.
        """
        if task.last_status is not TaskStatus.RUNNING or task.health_status is HealthStatus.UNHEALTHY:
            return False
        if task.deployment_id != self.current:
            return True
        if self.is_checked(task):
            return task.health_status is HealthStatus.HEALTHY
        return self.now >= self.healthy_from(task)

    def healthy_from(self, task: Task) -> float:
        """When a running task without health check becomes healthy."""
        return (self.now if task.started_at is None else task.started_at) + HEALTHY_AFTER

    def is_checked(self, task: Task) -> bool:
        """Whether an essential container of the task has a health check, or a load balancer checks it."""
        if task.deployment_id in self.balanced:
            return True
        definition = self.definitions.get(task.task_definition_arn)
        return definition is not None and any(c.health_check and c.essential for c in definition.containers)

    def why_unhealthy(self, task: Task) -> str:
        """The reason with which an unhealthy task is stopped (facts: stopped_reasons)."""
        group = self.snapshot.sick.get(task.task_arn)
        return UNHEALTHY_TARGET.format(arn=group) if group else UNHEALTHY

    def count_healthy(self, tasks: Sequence[Task]) -> int:
        """How many of the tasks are healthy."""
        return sum(t.task_arn in self.healthy for t in tasks)

    def next_healthy(self) -> float | None:
        """When the next running task becomes healthy by waiting alone."""
        waits = [
            self.healthy_from(t)
            for t in self.live
            if t.last_status is TaskStatus.RUNNING and t.task_arn not in self.healthy and not self.is_checked(t)
        ]
        return min(waits, default=None)
