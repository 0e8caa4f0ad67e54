"""What an agent knows of its tasks: known status against desired status, one object per task and container.

It is the agent's notebook, written by one writer (the engine, on the timeline) and thrown away when the
agent dies: the truth is in the runtime and in the API, and a restarted agent reads it from there. It decides
nothing. Invariant: ``known`` never goes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ecslab.agent.api import Assignment, ContainerReport
from ecslab.agent.dependencies import State
from ecslab.model.definition import ContainerDefinition
from ecslab.model.network import Wiring
from ecslab.model.status import ContainerStatus, DesiredStatus, HealthStatus, TaskStatus
from ecslab.model.task import NetworkBinding
from ecslab.timeline import Handle


class Known(StrEnum):
    """How far a container has come, in the agent's own words (finer than what the API shows)."""

    NONE = "NONE"
    PULLED = "PULLED"
    CREATED = "CREATED"
    """Created and told to start; the runtime does not yet say that it runs."""
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


@dataclass(slots=True, kw_only=True)
class KnownContainer:
    """One container. ``busy``: a call about it is under way, so nothing else is asked for. Times are lab seconds."""

    definition: ContainerDefinition
    known: Known = Known.NONE
    busy: bool = False
    runtime_id: str = ""
    started_at: float | None = None
    stopped_at: float | None = None
    exit_code: int | None = None
    reason: str | None = None
    image_digest: str | None = None
    bindings: tuple[NetworkBinding, ...] = ()
    health: HealthStatus = HealthStatus.UNKNOWN
    pull_again_at: float = 0.0
    pull_pause: float = 0.0
    stop_asked_at: float | None = None
    kill_asked_at: float | None = None
    looking: bool = False
    """An ``inspect`` is under way."""
    look_again: bool = False
    """It changed while a call about it was under way."""
    told: ContainerStatus = ContainerStatus.PENDING

    @property
    def name(self) -> str:
        """The container's name in its definition."""
        return self.definition.name

    @property
    def status(self) -> ContainerStatus:
        """The status as the API knows it."""
        return _STATUS[self.known]

    def state(self) -> State:
        """What ``dependsOn`` sees of it."""
        return State(
            status=self.status,
            started_at=self.started_at,
            exit_code=self.exit_code,
            health=self.health,
            start_timeout=self.definition.start_timeout,
        )

    def report(self) -> ContainerReport:
        """It, as SubmitContainerStateChange and SubmitTaskStateChange carry it."""
        times = {Known.RUNNING: self.started_at, Known.STOPPED: self.stopped_at}
        return ContainerReport(
            name=self.name,
            status=self.status,
            runtime_id=self.runtime_id,
            exit_code=self.exit_code,
            reason=self.reason,
            image_digest=self.image_digest,
            network_bindings=self.bindings,
            at=times.get(self.known) or 0.0,
        )


UNDER_WAY = (Known.CREATED, Known.RUNNING)
"""The runtime has it, and it may change by itself."""
_STATUS = {
    Known.NONE: ContainerStatus.PENDING,
    Known.PULLED: ContainerStatus.PENDING,
    Known.CREATED: ContainerStatus.PENDING,
    Known.RUNNING: ContainerStatus.RUNNING,
    Known.STOPPED: ContainerStatus.STOPPED,
}


@dataclass(slots=True, kw_only=True)
class KnownTask:
    """One task. ``failure`` is why it must stop by itself; empty while it may go on."""

    assignment: Assignment
    containers: dict[str, KnownContainer]
    told: TaskStatus
    failure: str = ""
    orphaned: bool = False
    """The control plane no longer knows it: stop it and say nothing."""
    wiring: Wiring | None = None
    wiring_busy: bool = False
    attached: bool = False
    """``attach`` was asked for, so ``detach`` is owed."""
    detached: bool = False
    prepared: bool = False
    """Its log streams are there and its secrets fetched."""
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Values by container and name; told to the runtime and to nobody else."""
    credentials_id: str = ""
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None
    execution_stopped_at: float | None = None
    drained_by: float | None = None
    """Until when the report of STOPPED waits for the last log lines."""
    finished: bool = False
    """STOPPED is reported."""
    tidied: bool = False
    """Its containers are removed."""
    alarm: Handle | None = None
    log_open: set[str] = field(default_factory=set)
    """Runtime ids whose output has not ended."""

    @property
    def arn(self) -> str:
        """The task's ARN."""
        return self.assignment.task.task_arn

    @property
    def task_id(self) -> str:
        """The last part of the ARN."""
        return self.assignment.task.task_id

    @property
    def stopping(self) -> bool:
        """Whether it is on its way down, by wish or by failure."""
        wished = self.assignment.task.desired_status is DesiredStatus.STOPPED
        return wished or bool(self.failure) or self.orphaned

    def states(self) -> dict[str, State]:
        """What ``dependsOn`` sees of all of its containers."""
        return {name: c.state() for name, c in self.containers.items()}

    def alive(self) -> tuple[str, ...]:
        """Names of containers that have not stopped."""
        return tuple(name for name, c in self.containers.items() if c.known is not Known.STOPPED)
