"""Task definitions: parsed once from the API's JSON, trusted inside.

``parse`` reads a definition that validation has already accepted; it decides nothing. Units: cpu in CPU
units (1024 = one vCPU), memory in MiB, times in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.model.status import Condition, NetworkMode

DEFAULT_STOP_TIMEOUT = 30.0
"""Seconds from SIGTERM to SIGKILL when ``stopTimeout`` is absent (agent: ECS_CONTAINER_STOP_TIMEOUT)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping:
    """``host_port`` None where the definition leaves it out."""

    container_port: int
    host_port: int | None = None
    protocol: str = "tcp"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One entry of ``dependsOn``."""

    container_name: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """Container health check; defaults and ranges from botocore's HealthCheck shape."""

    command: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 5.0
    retries: int = 3
    start_period: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfiguration:
    """Log driver and its options."""

    log_driver: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MountPoint:
    """A volume of the task at a path of the container."""

    source_volume: str
    container_path: str
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume of the task; ``host_path`` for a bind mount of the instance, else a scratch volume."""

    name: str
    host_path: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerDefinition:
    """One container of a definition."""

    name: str
    image: str
    cpu: int = 0
    memory: int | None = None
    memory_reservation: int | None = None
    essential: bool = True
    command: tuple[str, ...] | None = None
    entry_point: tuple[str, ...] | None = None
    environment: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    port_mappings: tuple[PortMapping, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    links: tuple[str, ...] = ()
    health_check: HealthCheck | None = None
    start_timeout: float | None = None
    stop_timeout: float = DEFAULT_STOP_TIMEOUT
    log_configuration: LogConfiguration | None = None
    user: str = ""
    working_directory: str = ""
    readonly_root_filesystem: bool = False
    privileged: bool = False
    init_process: bool = False
    docker_labels: Mapping[str, str]
    mount_points: tuple[MountPoint, ...] = ()
    ulimits: tuple[tuple[str, int, int], ...] = ()

    @property
    def reserved_memory(self) -> int:
        """MiB that placement subtracts: ``memoryReservation`` where set, else ``memory``."""
        return self.memory_reservation or self.memory or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """One revision of a family."""

    arn: str
    family: str
    revision: int
    network_mode: NetworkMode
    containers: tuple[ContainerDefinition, ...]
    cpu: int | None = None
    memory: int | None = None
    requires_compatibilities: tuple[str, ...] = ()
    execution_role_arn: str = ""
    task_role_arn: str = ""
    volumes: tuple[Volume, ...] = ()
    placement_constraints: tuple[tuple[str, str], ...] = ()

    @property
    def reserved_cpu(self) -> int:
        """CPU units that placement subtracts: the task's where set, else the sum of its containers'."""
        return self.cpu if self.cpu is not None else sum(c.cpu for c in self.containers)

    @property
    def reserved_memory(self) -> int:
        """MiB that placement subtracts: the task's where set, else the sum of its containers'."""
        return self.memory if self.memory is not None else sum(c.reserved_memory for c in self.containers)

    @property
    def static_ports(self) -> tuple[tuple[int, str], ...]:
        """Host ports (number, protocol) this definition takes on an instance; none in awsvpc mode."""
        if self.network_mode in (NetworkMode.AWSVPC, NetworkMode.NONE):
            return ()
        host = self.network_mode is NetworkMode.HOST
        taken = []
        for mapping in (m for c in self.containers for m in c.port_mappings):
            port = mapping.container_port if host else mapping.host_port
            if port:
                taken.append((port, mapping.protocol))
        return tuple(taken)

    def container(self, name: str) -> ContainerDefinition:
        """The container of that name; KeyError."""
        for container in self.containers:
            if container.name == name:
                return container
        raise KeyError(name)


def cpu_units(text: str | int | None) -> int | None:
    """Task-level cpu as CPU units: ``"256"``, ``".25 vCPU"``, ``"1vcpu"``; ValueError for anything else."""
    if text is None or text == "":
        return None
    match = re.fullmatch(r"\s*(\d*\.?\d+)\s*(vcpu)?\s*", str(text), re.IGNORECASE)
    if match is None or (not match[2] and not match[1].isdigit()):
        raise ValueError(f"'{text}' is neither CPU units (such as 256) nor vCPUs (such as .25 vCPU)")
    return round(float(match[1]) * 1024) if match[2] else int(match[1])


def memory_mib(text: str | int | None) -> int | None:
    """Task-level memory in MiB: ``"512"``, ``"0.5 GB"``, ``"1GB"``; ValueError for anything else."""
    if text is None or text == "":
        return None
    match = re.fullmatch(r"\s*(\d*\.?\d+)\s*(gb)?\s*", str(text), re.IGNORECASE)
    if match is None or (not match[2] and not match[1].isdigit()):
        raise ValueError(f"'{text}' is neither MiB (such as 512) nor GB (such as 0.5 GB)")
    return round(float(match[1]) * 1024) if match[2] else int(match[1])


def parse(wire: Mapping[str, Any], *, arn: str, revision: int) -> TaskDefinition:
    """A validated RegisterTaskDefinition request (camelCase keys) as a TaskDefinition."""
    return TaskDefinition(
        arn=arn,
        family=wire["family"],
        revision=revision,
        network_mode=NetworkMode(wire.get("networkMode") or NetworkMode.BRIDGE),
        containers=tuple(_container(c) for c in wire["containerDefinitions"]),
        cpu=cpu_units(wire.get("cpu")),
        memory=memory_mib(wire.get("memory")),
        requires_compatibilities=tuple(wire.get("requiresCompatibilities") or ()),
        execution_role_arn=wire.get("executionRoleArn") or "",
        task_role_arn=wire.get("taskRoleArn") or "",
        volumes=tuple(_volume(v) for v in wire.get("volumes") or ()),
        placement_constraints=tuple(
            (c.get("type", ""), c.get("expression", "")) for c in wire.get("placementConstraints") or ()
        ),
    )


def _container(wire: Mapping[str, Any]) -> ContainerDefinition:
    log = wire.get("logConfiguration")
    linux = wire.get("linuxParameters") or {}
    return ContainerDefinition(
        name=wire["name"],
        image=wire["image"],
        cpu=wire.get("cpu") or 0,
        memory=wire.get("memory"),
        memory_reservation=wire.get("memoryReservation"),
        essential=wire.get("essential", True) is not False,
        command=_words(wire.get("command")),
        entry_point=_words(wire.get("entryPoint")),
        environment=tuple((e.get("name", ""), e.get("value", "")) for e in wire.get("environment") or ()),
        secrets=tuple((s["name"], s["valueFrom"]) for s in wire.get("secrets") or ()),
        port_mappings=tuple(_port(p) for p in wire.get("portMappings") or () if p.get("containerPort")),
        depends_on=tuple(
            Dependency(container_name=d["containerName"], condition=Condition(d["condition"]))
            for d in wire.get("dependsOn") or ()
        ),
        links=tuple(wire.get("links") or ()),
        health_check=_health_check(wire.get("healthCheck")),
        start_timeout=wire.get("startTimeout"),
        stop_timeout=DEFAULT_STOP_TIMEOUT if wire.get("stopTimeout") is None else wire["stopTimeout"],
        log_configuration=LogConfiguration(log_driver=log["logDriver"], options=dict(log.get("options") or {}))
        if log
        else None,
        user=wire.get("user") or "",
        working_directory=wire.get("workingDirectory") or "",
        readonly_root_filesystem=bool(wire.get("readonlyRootFilesystem")),
        privileged=bool(wire.get("privileged")),
        init_process=bool(linux.get("initProcessEnabled")),
        docker_labels=dict(wire.get("dockerLabels") or {}),
        mount_points=tuple(
            MountPoint(
                source_volume=m.get("sourceVolume") or "",
                container_path=m.get("containerPath") or "",
                read_only=bool(m.get("readOnly")),
            )
            for m in wire.get("mountPoints") or ()
        ),
        ulimits=tuple((u["name"], u["softLimit"], u["hardLimit"]) for u in wire.get("ulimits") or ()),
    )


def _words(value: Any) -> tuple[str, ...] | None:
    return tuple(value) if value else None


def _port(wire: Mapping[str, Any]) -> PortMapping:
    return PortMapping(
        container_port=wire["containerPort"],
        host_port=wire.get("hostPort"),
        protocol=wire.get("protocol") or "tcp",
        name=wire.get("name") or "",
    )


def _health_check(wire: Mapping[str, Any] | None) -> HealthCheck | None:
    if not wire:
        return None
    given = {k: wire[w] for k, w in _HEALTH_FIELDS if wire.get(w) is not None}
    return HealthCheck(command=tuple(wire["command"]), **given)


_HEALTH_FIELDS = (
    ("interval", "interval"),
    ("timeout", "timeout"),
    ("retries", "retries"),
    ("start_period", "startPeriod"),
)


def _volume(wire: Mapping[str, Any]) -> Volume:
    docker = wire.get("dockerVolumeConfiguration") or {}
    return Volume(
        name=wire["name"],
        host_path=(wire.get("host") or {}).get("sourcePath") or "",
        shared=docker.get("scope") == "shared",
    )
