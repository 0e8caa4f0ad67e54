"""How a task is wired: what the networks floor decides and the runtimes floor obeys.

Plain data shared by two floors that may not see each other. An ``Eni`` is the AWS side (what the API
shows); a ``Wiring`` is the local side (which address, which namespace, which published ports).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ecslab.model.status import NetworkMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Eni:
    """An elastic network interface of an awsvpc task, as EC2 knows it."""

    eni_id: str
    attachment_id: str
    private_ip: str
    mac_address: str
    subnet_id: str
    vpc_id: str = ""
    vpc_cidr: str = ""
    subnet_cidr: str = ""
    security_groups: tuple[str, ...] = ()
    public_ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortRequest:
    """One port mapping of one container: ``host_port`` 0 asks for a dynamic one."""

    container: str
    container_port: int
    host_port: int = 0
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class WiringRequest:
    """What a task needs from its network; ``instance`` is the container instance's EC2 id, empty on Fargate."""

    task_id: str
    mode: NetworkMode
    containers: tuple[str, ...]
    ports: tuple[PortRequest, ...] = ()
    eni: Eni | None = None
    instance: str = ""
    links: tuple[tuple[str, str, str], ...] = ()
    """(container, linked container, alias), bridge mode only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What the lab server offers to containers: base URLs as this machine dials them, empty where there is none."""

    agent: str = ""
    """The ECS agent's own endpoint: credentials and metadata."""
    aws: str = ""


class Namespace(StrEnum):
    """Where a container's network namespace comes from."""

    OWN = "own"
    JOINED = "joined"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where a connection ends: a port in a network namespace (``ContainerWiring.joins`` names it)."""

    namespace: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """A container port published on an address of this machine."""

    container_port: int
    host_address: str
    host_port: int
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerWiring:
    """The network of one container, ready for a runtime.

    ``joins``: runtime id of the container whose namespace is shared (docker), or that namespace's name (simulated).
    ``network``: engine network to attach to. ``address``: the address the container has or binds.
    ``port_shift``: added to ports below 1024 where they cannot be bound (process runtime without privileges).
    ``hosts``: names to resolve.
    """

    namespace: Namespace = Namespace.OWN
    joins: str = ""
    network: str = ""
    address: str = ""
    publish: tuple[Publish, ...] = ()
    port_shift: int = 0
    hosts: tuple[tuple[str, str], ...] = ()
    agent: str = ""
    """Base URL of the ECS agent as the container dials it; empty where it cannot."""
    aws: str = ""
    """The same of AWS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a container port can be reached from the learner's machine: ``host``:``port``.

    ``host_port`` is the port ECS shows in ``networkBindings`` (bridge and host mode).
    """

    container: str
    container_port: int
    host_port: int
    protocol: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """A task's network as it stands: one ContainerWiring per container name, and the endpoints."""

    task_id: str
    mode: NetworkMode
    address: str = ""
    containers: dict[str, ContainerWiring] = field(default_factory=dict)
    endpoints: tuple[Endpoint, ...] = ()
