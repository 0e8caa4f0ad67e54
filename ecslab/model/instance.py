"""Container instances, and the arithmetic of what is left on them.

``Room`` is what placement sees: an instance with its remaining resources. Resources are counted as ECS
counts them: CPU units, MiB, host ports with protocol, network interfaces for awsvpc tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecslab.model.status import ContainerInstanceStatus

LATEST_AGENT = "1.105.1"
"""The version of the ECS agent that a lab's instances come with, and the newest there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInstance:
    """One registered container instance. ``cpu`` and ``memory`` are what was registered (units, MiB)."""

    arn: str
    cluster_name: str
    ec2_instance_id: str
    cpu: int
    memory: int
    eni_limit: int
    registered_at: float
    instance_type: str = ""
    availability_zone: str = ""
    private_ip: str = ""
    status: ContainerInstanceStatus = ContainerInstanceStatus.ACTIVE
    agent_connected: bool = False
    agent_version: str = ""
    agent_update_status: str | None = None
    capacity_provider_name: str | None = None
    managed: bool = False
    """Not on the wire: ECS launched it (Managed Instances), so only tasks of its capacity provider run on it."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[Mapping[str, str], ...] = ()
    version: int = 1

    @property
    def instance_id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """An instance and what is left on it. ``groups`` counts its tasks by ``group``; ``tasks`` counts them all."""

    instance: ContainerInstance
    cpu: int
    memory: int
    enis: int
    ports: frozenset[tuple[int, str]]
    tasks: int
    groups: Mapping[str, int] = field(default_factory=dict)


RESERVED_PORTS = frozenset((port, "tcp") for port in (22, 2375, 2376, 51678, 51679))
"""Ports every ECS instance keeps: SSH, Docker, and the agent's own (facts: network_modes)."""
