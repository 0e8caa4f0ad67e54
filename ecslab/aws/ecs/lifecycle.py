"""A task's walk through its states, and what may be told of its end. Pure: it returns the task as it then is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ecslab.model.status import TRANSITIONS, DesiredStatus, HealthStatus, StopCode, TaskStatus
from ecslab.model.task import Task

FAILED_TO_START = (
    "ContainerRuntime",
    "CannotPull",
    "CannotCreate",
    "CannotStart",
    "ResourceInitialization",
    "TaskFailedToStart",
)
"""Prefixes of stop reasons that mean the task never started."""


def path(before: TaskStatus, after: TaskStatus, *, with_eni: bool) -> tuple[TaskStatus, ...]:
    """The states passed from ``before`` to ``after``, the last included, by the table of transitions.

    A task without a network interface skips DEPROVISIONING. Empty when ``after`` cannot be reached.
    """
    frontier: list[tuple[TaskStatus, ...]] = [(before,)]
    for route in frontier:
        for step in TRANSITIONS[route[-1]]:
            if step is TaskStatus.DEPROVISIONING and not with_eni:
                continue
            if step is TaskStatus.STOPPED and with_eni and route[-1] is TaskStatus.STOPPING:
                continue
            if step is after:
                return (*route[1:], step)
            frontier.append((*route, step))
    return ()


def advance(task: Task, target: TaskStatus, now: float) -> Iterator[Task]:
    """The task at each state on its way to ``target``, with the times that each state stamps."""
    for status in path(task.last_status, target, with_eni=task.eni is not None):
        task = replace(task, last_status=status, version=task.version + 1, **_stamps(task, status, now))
        yield task


def _stamps(task: Task, status: TaskStatus, now: float) -> dict[str, Any]:
    if status is TaskStatus.RUNNING:
        return {"started_at": now}
    if status in (TaskStatus.DEACTIVATING, TaskStatus.STOPPING) and task.stopping_at is None:
        return {"stopping_at": now}
    if status is TaskStatus.STOPPED:
        return {"stopped_at": now}
    return {}


def wish_stopped(task: Task, code: StopCode, reason: str) -> Task:
    """The task with the wish that it be STOPPED; the first reason given stays."""
    if task.desired_status is DesiredStatus.STOPPED:
        return task
    return replace(
        task,
        desired_status=DesiredStatus.STOPPED,
        stop_code=code,
        stopped_reason=reason,
        version=task.version + 1,
    )


def code_of(reason: str, started: bool) -> StopCode:
    """The stop code that belongs to a reason an agent gave."""
    if not started and reason.startswith(FAILED_TO_START):
        return StopCode.TASK_FAILED_TO_START
    return StopCode.ESSENTIAL_CONTAINER_EXITED


def task_health(task: Task) -> HealthStatus:
    """Health over the essential containers: UNHEALTHY wins over UNKNOWN, UNKNOWN over HEALTHY (facts: lifecycle)."""
    seen = {c.health_status for c in task.containers if c.essential}
    for status in (HealthStatus.UNHEALTHY, HealthStatus.UNKNOWN):
        if status in seen:
            return status
    return HealthStatus.HEALTHY if seen else HealthStatus.UNKNOWN
