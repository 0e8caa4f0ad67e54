"""What the agent tells the control plane, and the journal: only what has changed since it last told.

It compares what was told with what is known and submits the difference through the AgentApi. It changes
nothing of what is known but ``told``. Invariant: a refused report is kept for the next look and never stops
the agent.
"""

from __future__ import annotations

from typing import Any

from ecslab.agent.api import AgentApi, TaskReport
from ecslab.agent.decisions import is_up
from ecslab.agent.known import KnownContainer, KnownTask
from ecslab.errors import EcslabError
from ecslab.journal import Journal
from ecslab.model.status import ContainerStatus, HealthStatus, TaskStatus


class Reporter:
    """The agent's voice."""

    def __init__(self, api: AgentApi, journal: Journal) -> None:
        self._api, self._journal = api, journal

    def progress(self, task: KnownTask, now: float) -> None:
        """ACTIVATING or RUNNING when it is so, and containers that changed meanwhile."""
        if task.orphaned:
            return
        if not task.stopping and task.told is TaskStatus.PENDING:
            task.pull_started_at = task.pull_started_at or now
            self._task(task, TaskStatus.ACTIVATING)
        if not task.stopping and task.told is TaskStatus.ACTIVATING and is_up(task):
            self._task(task, TaskStatus.RUNNING)
        for container in task.containers.values():
            if container.told is not container.status:
                self._container(task, container)

    def stopped(self, task: KnownTask) -> bool:
        """STOPPED, with the reason if the task stopped by itself; False when the report was refused."""
        return task.orphaned or self._task(task, TaskStatus.STOPPED)

    def health(self, task: KnownTask, container: KnownContainer, health: HealthStatus) -> None:
        """A container's health."""
        try:
            self._api.submit_health(task.assignment.task, {container.name: health})
        except EcslabError as error:
            self._refused(task, error)

    def _task(self, task: KnownTask, status: TaskStatus) -> bool:
        report = TaskReport(
            status=status,
            reason=(task.failure or None) if status is TaskStatus.STOPPED else None,
            containers=tuple(c.report() for c in task.containers.values()),
            pull_started_at=task.pull_started_at,
            pull_stopped_at=task.pull_stopped_at,
            execution_stopped_at=task.execution_stopped_at,
        )
        try:
            self._api.submit_task_state_change(task.assignment.task, report)
        except EcslabError as error:
            self._refused(task, error)
            return False
        task.told = status
        for container in task.containers.values():
            container.told = container.status
        return True

    def _container(self, task: KnownTask, container: KnownContainer) -> None:
        try:
            self._api.submit_container_state_change(task.assignment.task, container.report())
        except EcslabError as error:
            self._refused(task, error)
            return
        container.told = container.status

    def _refused(self, task: KnownTask, error: EcslabError) -> None:
        self._journal.record("agent.refused", task.arn, f"the control plane refused a report of the agent: {error}")

    def note(self, kind: str, task: KnownTask, text: str, **data: Any) -> None:
        """Write a sentence about a task into the journal."""
        self._journal.record(kind, task.arn, text, task=task.task_id, **data)

    def note_status(self, task: KnownTask, container: KnownContainer) -> None:
        """Write down that a container has changed."""
        self.note(
            "container.status",
            task,
            f"container {container.name} of task {task.task_id[:8]} {_sentence(container)}",
            container=container.name,
            status=container.status.value,
            exit_code=container.exit_code,
            reason=container.reason,
            runtime_id=container.runtime_id,
        )


def _sentence(container: KnownContainer) -> str:
    if container.status is not ContainerStatus.STOPPED:
        return f"is {container.status}"
    if container.started_at is None:
        return f"was never started{_because(container)}"
    code = "without an exit code" if container.exit_code is None else f"with exit code {container.exit_code}"
    return f"has STOPPED {code}{_because(container)}"


def _because(container: KnownContainer) -> str:
    return f": {container.reason}" if container.reason else ""
