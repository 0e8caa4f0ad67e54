"""What an agent may say to the control plane, and what it hears: the ECS agent's own API, nothing else.

The verbs are those of amazon-ecs-agent (DiscoverPollEndpoint, RegisterContainerInstance, Submit*StateChange,
and the poll over which AWS sends payloads). The composition root gives each agent an implementation that
calls the very code behind the HTTP API. Invariant: an agent changes nothing but through these verbs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from ecslab.model.definition import TaskDefinition
from ecslab.model.instance import LATEST_AGENT
from ecslab.model.status import HealthStatus, TaskStatus
from ecslab.model.task import NetworkBinding, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """Who an agent is. ``instance`` is the EC2 instance id; on Fargate there is one agent per task and it is empty."""

    agent_id: str
    cluster: str
    instance: str = ""
    instance_type: str = ""
    cpu: int = 0
    """CPU units registered (vCPU × 1024)."""
    memory: int = 0
    """MiB registered (what the OS sees minus ECS_RESERVED_MEMORY)."""
    eni_limit: int = 0
    """Network interfaces left for awsvpc tasks."""
    availability_zone: str = ""
    private_ip: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    version: str = LATEST_AGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A task this agent is to run, with its definition. ``task.desired_status`` says what is wanted of it."""

    task: Task
    definition: TaskDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerReport:
    """One container as SubmitContainerStateChange reports it; ``exit_code`` with STOPPED only."""

    name: str
    status: str
    runtime_id: str = ""
    exit_code: int | None = None
    reason: str | None = None
    image_digest: str | None = None
    network_bindings: tuple[NetworkBinding, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReport:
    """A task as SubmitTaskStateChange reports it: ACTIVATING, RUNNING or STOPPED, with its containers."""

    status: TaskStatus
    reason: str | None = None
    containers: tuple[ContainerReport, ...] = ()
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None
    execution_stopped_at: float | None = None


class AgentApi(Protocol):
    """Calls never block for long and may be made on the timeline's thread."""

    def discover_poll_endpoint(self, container_instance: str, cluster: str) -> str: ...

    def register_container_instance(self, config: AgentConfig) -> str:
        """The container instance's ARN; a known EC2 id gets its old ARN back."""

    def connect(self, container_instance: str, wake: Callable[[], None]) -> None:
        """The agent is there: ``agentConnected`` becomes true, and ``wake`` is called when there may be work.

        On Fargate there is no container instance: ``container_instance`` is the agent's id.
        """

    def disconnect(self, container_instance: str) -> None:
        """The connection is gone: ``agentConnected`` becomes false; tasks are left as they are."""

    def poll(self, agent_id: str) -> Sequence[Assignment]:
        """Every task assigned to this agent that is not yet STOPPED, from PENDING on."""

    def submit_container_state_change(self, task: Task, report: ContainerReport) -> None: ...

    def submit_task_state_change(self, task: Task, report: TaskReport) -> None: ...

    def submit_health(self, task: Task, health: Mapping[str, HealthStatus]) -> None:
        """Health of containers by name (AWS sends it over the telemetry session)."""

    def put_logs(self, task: Task, options: Mapping[str, str], stream: str, lines: Sequence[tuple[float, str]]) -> None:
        """Deliver (lab time, message) lines of an ``awslogs`` container; ResourceInitializationError."""

    def prepare_logs(self, task: Task, options: Mapping[str, str], stream: str) -> None:
        """Create the stream (and the group with awslogs-create-group); ResourceInitializationError."""


@runtime_checkable
class CountsLogs(Protocol):
    """Power of an AgentApi: tell how much of a stream is there, so that a restarted agent repeats no line."""

    def delivered(self, task: Task, options: Mapping[str, str], stream: str) -> int:
        """Lines in an ``awslogs`` stream; 0 when there is no such stream."""


class RoleKind(StrEnum):
    """Whose credentials: ECS's own words in the payload that brings them to an agent (facts: endpoints)."""

    TASK = "TaskApplication"
    EXECUTION = "TaskExecution"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCredentials:
    """Temporary credentials of a task's role; ``expires_at`` in lab seconds."""

    role_arn: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: float


@runtime_checkable
class HoldsRoles(Protocol):
    """Power of an AgentApi: what comes with a task from its two roles.

    On AWS both roles' credentials come with the task's payload and are renewed over the same connection.
    """

    def credentials_id(self, task: Task) -> str:
        """Under which id the task role's credentials are served to the task's containers; empty without a task role."""

    def credentials(self, credentials_id: str) -> RoleCredentials | None:
        """What is valid now; None for an id that names no task that runs. ResourceInitializationError."""

    def secrets(self, task: Task) -> Mapping[str, Mapping[str, str]]:
        """The values of ``secrets`` by container and name, fetched with the execution role.

        ResourceInitializationError.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUsage:
    """What a RUNNING task used, as the telemetry session carries it."""

    task_arn: str
    cpu: float
    """vCPUs, the mean since the agent last looked (since the start, the first time)."""
    memory: int
    """Bytes at the moment of looking."""


@runtime_checkable
class TakesMetrics(Protocol):
    """Power of an AgentApi: the telemetry session (PublishMetrics of AWS's telemetry endpoint)."""

    def publish_metrics(self, usages: Sequence[TaskUsage]) -> None:
        """What the tasks of an agent used."""
