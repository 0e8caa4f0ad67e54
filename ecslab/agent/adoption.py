"""How a restarted agent finds its own again: by label in the runtime, by status in the API.

``survey`` looks (it blocks, so it is offloaded); ``begin`` and ``adopt`` are pure. Nothing is kept on disk:
the runtime and the API together know all. Invariant: adopting starts, stops and removes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecslab.agent.api import Assignment
from ecslab.agent.known import Known, KnownContainer, KnownTask
from ecslab.agent.specification import LABEL_AGENT, LABEL_CONTAINER, LABEL_TASK, overridden
from ecslab.model.definition import ContainerDefinition
from ecslab.model.status import ContainerStatus, TaskStatus
from ecslab.model.task import Container
from ecslab.runtimes.base import Observed, Phase, Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A container of this agent's that the runtime still holds."""

    container_id: str
    observed: Observed


Survey = Mapping[tuple[str, str], Found]
"""What was found, by (task ARN, container name)."""


def survey(runtime: Runtime, agent_id: str) -> Survey:
    """All containers of an agent, each with what it is doing. Blocks for real I/O."""
    return {
        (h.labels.get(LABEL_TASK, ""), h.labels.get(LABEL_CONTAINER, "")): Found(
            container_id=h.container_id, observed=runtime.inspect(h.container_id)
        )
        for h in runtime.held()
        if h.labels.get(LABEL_AGENT) == agent_id
    }


def begin(assignment: Assignment) -> KnownTask:
    """A task of which nothing is there yet."""
    containers = {c.name: KnownContainer(definition=c) for c in overridden(assignment)}
    return KnownTask(assignment=assignment, containers=containers, told=TaskStatus.PENDING)


def adopt(assignment: Assignment, found: Survey, now: float) -> KnownTask:
    """A task that was already begun, as the API and the runtime know it."""
    task = assignment.task
    reported = {c.name: c for c in task.containers}
    containers = {
        c.name: _adopted(c, reported.get(c.name), found.get((task.task_arn, c.name)), now)
        for c in overridden(assignment)
    }
    early = task.last_status in (TaskStatus.PENDING, TaskStatus.ACTIVATING)
    return KnownTask(
        assignment=assignment,
        containers=containers,
        told=task.last_status if early else TaskStatus.RUNNING,
        attached=True,
        pull_started_at=task.pull_started_at,
        pull_stopped_at=task.pull_stopped_at,
        execution_stopped_at=task.execution_stopped_at,
    )


def _adopted(
    definition: ContainerDefinition, told: Container | None, found: Found | None, now: float
) -> KnownContainer:
    container = KnownContainer(definition=definition)
    if told is not None:
        container.told = told.last_status
        container.bindings = told.network_bindings
        container.health = told.health_status
        container.runtime_id = told.runtime_id or ""
        container.image_digest = told.image_digest
        container.reason = told.reason
    phase = found.observed.phase if found is not None else Phase.GONE
    if found is not None:
        container.runtime_id = found.container_id
    if told is not None and told.last_status is ContainerStatus.STOPPED:
        container.known = Known.STOPPED
        container.exit_code = told.exit_code
        container.stopped_at = told.finished_at or now
        container.started_at = told.started_at or (None if told.exit_code is None else now)
    elif phase in (Phase.RUNNING, Phase.EXITED) or container.told is ContainerStatus.RUNNING:
        container.known = Known.RUNNING
        container.started_at = (told.started_at if told is not None else None) or now
    elif phase is Phase.CREATED:
        container.known = Known.PULLED
    return container
