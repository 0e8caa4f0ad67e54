"""Tasks and their containers: frozen wire objects, spelled (in snake_case) as the API spells them.

A change is a new object made with ``dataclasses.replace``. Times are lab seconds since the epoch. The
serializer reads the attributes by name; attributes that botocore's model does not know never leave the lab.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecslab.model.network import Eni
from ecslab.model.status import ContainerStatus, DesiredStatus, HealthStatus, LaunchType, StopCode, TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkBinding:
    """A published port in bridge or host mode."""

    bind_ip: str
    container_port: int
    host_port: int
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInterface:
    """The task's interface as each of its containers shows it (awsvpc)."""

    attachment_id: str
    private_ipv4_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An attachment of a task or instance; for awsvpc tasks the ElasticNetworkInterface."""

    id: str
    type: str
    status: str
    details: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a task."""

    container_arn: str
    task_arn: str
    name: str
    image: str
    image_digest: str | None = None
    runtime_id: str | None = None
    last_status: ContainerStatus = ContainerStatus.PENDING
    exit_code: int | None = None
    reason: str | None = None
    network_bindings: tuple[NetworkBinding, ...] = ()
    network_interfaces: tuple[NetworkInterface, ...] = ()
    health_status: HealthStatus = HealthStatus.UNKNOWN
    cpu: str = "0"
    memory: str | None = None
    memory_reservation: str | None = None
    managed_agents: tuple[Mapping[str, Any], ...] = ()
    """Of ECS Exec; derived from the task when it is read."""
    essential: bool = True
    """Not on the wire."""
    started_at: float | None = None
    """Not on the wire."""
    finished_at: float | None = None
    """Not on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task."""

    task_arn: str
    cluster_arn: str
    task_definition_arn: str
    launch_type: LaunchType | None
    containers: tuple[Container, ...]
    created_at: float
    cpu: str
    memory: str
    group: str
    last_status: TaskStatus = TaskStatus.PENDING
    desired_status: DesiredStatus = DesiredStatus.RUNNING
    container_instance_arn: str | None = None
    capacity_provider_name: str | None = None
    started_by: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    attributes: tuple[Mapping[str, str], ...] = ()
    availability_zone: str | None = None
    connectivity: str | None = None
    connectivity_at: float | None = None
    enable_execute_command: bool = False
    execution_stopped_at: float | None = None
    health_status: HealthStatus = HealthStatus.UNKNOWN
    platform_version: str | None = None
    platform_family: str | None = None
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None
    started_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float | None = None
    stop_code: StopCode | None = None
    stopped_reason: str | None = None
    tags: tuple[Mapping[str, str], ...] = ()
    version: int = 1
    eni: Eni | None = None
    """Not on the wire."""
    service_name: str | None = None
    """Not on the wire."""
    deployment_id: str | None = None
    """Not on the wire. Of a daemon's task: the ARN of the revision."""
    daemon_name: str | None = None
    """Not on the wire: the daemon of Managed Instances whose task it is."""
    protected_until: float | None = None
    """Not on the wire: no scaling in and no deployment stops it before this time."""

    def is_protected(self, now: float) -> bool:
        """Whether scaling in and deployments leave it alone at lab time ``now``."""
        return self.protected_until is not None and now < self.protected_until

    @property
    def task_id(self) -> str:
        """The last part of the ARN."""
        return self.task_arn.rsplit("/", 1)[-1]

    @property
    def cluster_name(self) -> str:
        """The cluster's name, from its ARN."""
        return self.cluster_arn.rsplit("/", 1)[-1]

    def container(self, name: str) -> Container:
        """The container of that name; KeyError."""
        for container in self.containers:
            if container.name == name:
                return container
        raise KeyError(name)
