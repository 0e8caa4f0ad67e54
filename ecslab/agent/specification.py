"""From a task and its definition to what a runtime and a fabric are asked for. Pure.

It merges overrides, injects what ECS injects and turns MiB into bytes; it calls nobody. Invariant: the same
task always gives the same container names, so a create that is asked for twice makes one container.
Sources: amazon-ecs-agent (container names, labels); Task Definition Parameters (limits, overrides).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ecslab.agent.api import Assignment
from ecslab.model.definition import ContainerDefinition, TaskDefinition, cpu_units, memory_mib
from ecslab.model.network import ContainerWiring, PortRequest, Wiring, WiringRequest
from ecslab.model.status import LaunchType, NetworkMode
from ecslab.model.task import NetworkBinding, Task
from ecslab.runtimes.base import ContainerSpec, Mount

NOTHING: Mapping[str, str] = MappingProxyType({})
MIB = 1024 * 1024
LABEL_AGENT = "ecslab.agent"
LABEL_TASK = "com.amazonaws.ecs.task-arn"
LABEL_CONTAINER = "com.amazonaws.ecs.container-name"
LABEL_CLUSTER = "com.amazonaws.ecs.cluster"
LABEL_FAMILY = "com.amazonaws.ecs.task-definition-family"
LABEL_REVISION = "com.amazonaws.ecs.task-definition-version"
LEAST_SHARES = 2
"""CPU shares of a container without cpu (Linux knows none below 2)."""


def container_name(assignment: Assignment, container: str) -> str:
    """``ecs-family-revision-container-hex``: the hex is stable for a task, so creating twice is creating once."""
    definition, task_id = assignment.definition, assignment.task.task_id
    mark = hashlib.sha256(f"{task_id}/{container}".encode()).hexdigest()[:8]
    return f"ecs-{definition.family}-{definition.revision}-{container}-{mark}"


def overridden(assignment: Assignment) -> tuple[ContainerDefinition, ...]:
    """The definition's containers with the task's ``containerOverrides`` in them."""
    given = {o.get("name"): o for o in assignment.task.overrides.get("containerOverrides") or ()}
    return tuple(_override(c, given.get(c.name) or {}) for c in assignment.definition.containers)


def _override(container: ContainerDefinition, wire: Mapping[str, Any]) -> ContainerDefinition:
    if not wire:
        return container
    added = {e.get("name", ""): e.get("value", "") for e in wire.get("environment") or ()}
    return replace(
        container,
        command=tuple(wire["command"]) if wire.get("command") else container.command,
        environment=tuple({**dict(container.environment), **added}.items()),
        cpu=container.cpu if wire.get("cpu") is None else int(wire["cpu"]),
        memory=wire.get("memory") or container.memory,
        memory_reservation=wire.get("memoryReservation") or container.memory_reservation,
    )


def labels(assignment: Assignment, container: ContainerDefinition, agent_id: str) -> dict[str, str]:
    """``dockerLabels`` and the labels by which a restarted agent finds its own."""
    return {
        **container.docker_labels,
        LABEL_TASK: assignment.task.task_arn,
        LABEL_CONTAINER: container.name,
        LABEL_CLUSTER: assignment.task.cluster_name,
        LABEL_FAMILY: assignment.definition.family,
        LABEL_REVISION: str(assignment.definition.revision),
        LABEL_AGENT: agent_id,
    }


def specify(
    assignment: Assignment,
    container: ContainerDefinition,
    agent_id: str,
    wiring: ContainerWiring,
    *,
    secrets: Mapping[str, str] = NOTHING,
    doors: Mapping[str, str] = NOTHING,
) -> ContainerSpec:
    """Everything a runtime needs to create ``container``, whose overrides are already merged.

    ``secrets`` and ``doors`` (where the container finds the agent and AWS) become variables of its environment.
    """
    return ContainerSpec(
        name=container_name(assignment, container.name),
        image=container.image,
        wiring=wiring,
        command=container.command,
        entry_point=container.entry_point,
        environment={
            **_injected(assignment.task, container.name),
            **doors,
            **dict(container.environment),
            **secrets,
        },
        cpu_shares=max(LEAST_SHARES, container.cpu),
        cpu_limit=_cpu_limit(assignment),
        memory=_memory(assignment, container) * MIB,
        memory_reservation=(container.memory_reservation or 0) * MIB,
        user=container.user,
        working_directory=container.working_directory,
        read_only=container.readonly_root_filesystem,
        init=container.init_process,
        privileged=container.privileged,
        labels=labels(assignment, container, agent_id),
        mounts=tuple(_mounts(assignment, container)),
        ulimits=container.ulimits,
    )


def _injected(task: Task, container: str) -> dict[str, str]:
    region = task.task_arn.split(":")[3]
    fargate = task.launch_type is LaunchType.FARGATE
    return {
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE" if fargate else "AWS_ECS_EC2",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "ECSLAB_TASK_ARN": task.task_arn,
        "ECSLAB_CONTAINER_NAME": container,
    }


def _cpu_limit(assignment: Assignment) -> float:
    """vCPUs. Task-level cpu is a hard limit; a container's own cpu is only a share."""
    units = cpu_units(assignment.task.overrides.get("cpu")) or assignment.definition.cpu
    return (units or 0) / 1024


def _memory(assignment: Assignment, container: ContainerDefinition) -> int:
    """MiB: the container's hard limit, else the task's, which no container of it can pass."""
    task = memory_mib(assignment.task.overrides.get("memory")) or assignment.definition.memory
    return container.memory or task or 0


def _mounts(assignment: Assignment, container: ContainerDefinition) -> list[Mount]:
    volumes = {v.name: v for v in assignment.definition.volumes}
    mounts = []
    for point in container.mount_points:
        volume = volumes.get(point.source_volume)
        scratch = f"ecslab-{assignment.task.task_id}-{point.source_volume}"
        source = volume.host_path if volume is not None and volume.host_path else scratch
        mounts.append(Mount(source=source, target=point.container_path, read_only=point.read_only))
    return mounts


def wiring_request(assignment: Assignment, instance: str) -> WiringRequest:
    """What the task asks of its network; ``instance`` is the EC2 id, empty on Fargate."""
    definition, task = assignment.definition, assignment.task
    return WiringRequest(
        task_id=task.task_id,
        mode=definition.network_mode,
        containers=tuple(c.name for c in definition.containers),
        ports=_ports(definition),
        eni=task.eni,
        instance=instance,
        links=_links(definition),
    )


def _ports(definition: TaskDefinition) -> tuple[PortRequest, ...]:
    if definition.network_mode is NetworkMode.NONE:
        return ()
    bridge = definition.network_mode is NetworkMode.BRIDGE
    return tuple(
        PortRequest(
            container=container.name,
            container_port=mapping.container_port,
            host_port=(mapping.host_port or 0) if bridge else mapping.container_port,
            protocol=mapping.protocol,
        )
        for container in definition.containers
        for mapping in container.port_mappings
    )


def _links(definition: TaskDefinition) -> tuple[tuple[str, str, str], ...]:
    if definition.network_mode is not NetworkMode.BRIDGE:
        return ()
    parts = [(c.name, *link.partition(":")) for c in definition.containers for link in c.links]
    return tuple((name, linked, alias or linked) for name, linked, _, alias in parts)


def bindings(wiring: Wiring, container: str) -> tuple[NetworkBinding, ...]:
    """``networkBindings`` as AWS shows them: bridge and host mode only, on 0.0.0.0."""
    if wiring.mode not in (NetworkMode.BRIDGE, NetworkMode.HOST):
        return ()
    return tuple(
        NetworkBinding(bind_ip="0.0.0.0", container_port=e.container_port, host_port=e.host_port, protocol=e.protocol)
        for e in wiring.endpoints
        if e.container == container
    )
