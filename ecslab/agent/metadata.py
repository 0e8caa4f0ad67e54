"""Task metadata version 4 and container statistics, in the shapes of the ECS agent's endpoint. Pure.

Invariant: what is not known (a container that has not started, a runtime that cannot measure) is left out or null.
Sources: Amazon ECS Developer Guide, "Task metadata endpoint version 4"; amazon-ecs-agent, handlers/v4 (facts §12).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ecslab.agent.known import KnownContainer, KnownTask
from ecslab.agent.specification import container_name, labels
from ecslab.model.definition import TaskDefinition
from ecslab.model.network import Eni
from ecslab.model.status import LaunchType, NetworkMode
from ecslab.runtimes.base import Usage

Json = dict[str, Any]


def task_metadata(task: KnownTask, *, tags: bool = False) -> Json:
    """``/task`` and, with ``tags``, ``/taskWithTags``."""
    of, definition = task.assignment.task, task.assignment.definition
    fargate = of.launch_type is LaunchType.FARGATE
    found = {
        "Cluster": of.cluster_arn if fargate else of.cluster_name,
        "TaskARN": of.task_arn,
        "Family": definition.family,
        "Revision": str(definition.revision),
        "ServiceName": of.service_name,
        "DesiredStatus": of.desired_status.value,
        "KnownStatus": of.last_status.value,
        "Limits": _task_limits(definition),
        "PullStartedAt": _time(task.pull_started_at),
        "PullStoppedAt": _time(task.pull_stopped_at),
        "AvailabilityZone": of.availability_zone,
        "LaunchType": of.launch_type.value if of.launch_type is not None else None,
        "VPCID": of.eni.vpc_id if of.eni is not None else None,
        "Containers": [container_metadata(task, container) for container in task.containers.values()],
    }
    if tags:
        found["TaskTags"] = {tag["key"]: tag.get("value", "") for tag in of.tags}
    return _given(found)


def _task_limits(definition: TaskDefinition) -> Json | None:
    limits = {"CPU": definition.cpu / 1024 if definition.cpu else None, "Memory": definition.memory}
    return _given(limits) or None


def container_metadata(task: KnownTask, container: KnownContainer) -> Json:
    """``${ECS_CONTAINER_METADATA_URI_V4}`` itself."""
    definition = container.definition
    log = definition.log_configuration
    return _given(
        {
            "DockerId": container.runtime_id,
            "Name": container.name,
            "DockerName": container_name(task.assignment, container.name),
            "Image": definition.image,
            "ImageID": container.image_digest,
            "Labels": {k: v for k, v in labels(task.assignment, definition, "").items() if v},
            "DesiredStatus": task.assignment.task.desired_status.value,
            "KnownStatus": container.status.value,
            "Limits": _given({"CPU": definition.cpu, "Memory": definition.memory}),
            "CreatedAt": _time(container.started_at),
            "StartedAt": _time(container.started_at),
            "FinishedAt": _time(container.stopped_at),
            "ExitCode": container.exit_code,
            "Type": "NORMAL",
            "ContainerARN": task.assignment.task.container(container.name).container_arn,
            "LogDriver": log.log_driver if log is not None else None,
            "LogOptions": dict(log.options) if log is not None else None,
            "Ports": _ports(container) or None,
            "Networks": _networks(task, container),
        }
    )


def _ports(container: KnownContainer) -> list[Json]:
    return [
        {"ContainerPort": b.container_port, "Protocol": b.protocol, "HostPort": b.host_port, "HostIp": b.bind_ip}
        for b in container.bindings
    ]


def _networks(task: KnownTask, container: KnownContainer) -> list[Json]:
    mode, eni = task.assignment.definition.network_mode, task.assignment.task.eni
    if mode is NetworkMode.AWSVPC and eni is not None:
        return [_awsvpc(eni)]
    own = task.wiring.containers.get(container.name) if task.wiring is not None else None
    addresses = [own.address] if own is not None and own.address else []
    return [_given({"NetworkMode": mode.value, "IPv4Addresses": addresses or None})]


def _awsvpc(eni: Eni) -> Json:
    found: Json = {
        "NetworkMode": "awsvpc",
        "IPv4Addresses": [eni.private_ip],
        "AttachmentIndex": 0,
        "MACAddress": eni.mac_address,
        "PrivateDNSName": f"ip-{eni.private_ip.replace('.', '-')}.ec2.internal",
    }
    if eni.subnet_cidr:
        block = ipaddress.ip_network(eni.subnet_cidr)
        found["IPv4SubnetCIDRBlock"] = eni.subnet_cidr
        found["SubnetGatewayIpv4Address"] = f"{block[1]}/{block.prefixlen}"
    return found


def statistics(container: KnownContainer, usage: Usage | None, *, now: float) -> Json | None:
    """``/stats``: the part of Docker's statistics that is measured here; null before the container runs."""
    if usage is None or not container.runtime_id:
        return None
    limit = (container.definition.memory or 0) * 1024 * 1024
    return {
        "read": _time(now),
        "name": f"/{container.name}",
        "id": container.runtime_id,
        "cpu_stats": {"cpu_usage": {"total_usage": int(usage.cpu_seconds * 1e9)}},
        "memory_stats": _given({"usage": usage.memory, "limit": limit or None}),
    }


def _time(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z") if at is not None else None


def _given(values: Mapping[str, Any]) -> Json:
    return {key: value for key, value in values.items() if value is not None and value != ""}
