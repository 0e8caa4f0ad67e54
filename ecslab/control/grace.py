"""``healthCheckGracePeriodSeconds``: for a time after a task has started, the scheduler overlooks that it is unhealthy.

The API goes on to show the health there is; only what the scheduler sees is changed. Invariant: when the time of a task
that is still unhealthy is over, its service is looked at again. Source: Amazon ECS API Reference, CreateService
(container health checks included, counted from the task's first start).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ecslab.model.service import Service
from ecslab.model.status import HealthStatus
from ecslab.model.task import Task


def as_seen(service: Service, tasks: Iterable[Task], now: float) -> tuple[Task, ...]:
    """The tasks as the scheduler is to see them."""
    if not service.health_check_grace_period_seconds:
        return tuple(tasks)
    return tuple(
        replace(task, health_status=HealthStatus.UNKNOWN) if _spared_until(service, task) > now else task
        for task in tasks
    )


def next_look(service: Service, tasks: Iterable[Task], now: float) -> float | None:
    """When the first of the grace periods that spare a task now is over; None where none does."""
    if not service.health_check_grace_period_seconds:
        return None
    ends = [end for task in tasks if (end := _spared_until(service, task)) > now]
    return min(ends, default=None)


def _spared_until(service: Service, task: Task) -> float:
    grace = service.health_check_grace_period_seconds or 0
    if task.health_status is not HealthStatus.UNHEALTHY or task.started_at is None:
        return 0.0
    return task.started_at + grace
