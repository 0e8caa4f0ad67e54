"""What Amazon ECS tells EventBridge: tasks and container instances that change, in AWS's shape. Pure.

It sends nothing and decides nothing about rules. Invariants: names are camelCase and times ISO 8601, as on AWS; a field
that has no value is left out; ``version`` is the resource's own, so that DescribeTasks and the event can be compared.
Source: Amazon ECS Developer Guide, "Amazon ECS task state change events" and "Amazon ECS container instance state
change events" (health is no part of a task's event); EventBridge User Guide, "AWS service event metadata".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.aws.ecs.instances import InstanceView
from ecslab.model.arn import Place
from ecslab.model.task import Attachment, Container, Task
from ecslab.timeline import iso

Json = dict[str, Any]
SOURCE = "aws.ecs"
TASK = "ECS Task State Change"
INSTANCE = "ECS Container Instance State Change"
ENI = "eni"
"""What an event calls an attachment that DescribeTasks calls ElasticNetworkInterface."""
_TASK = (
    ("availabilityZone", "availability_zone"),
    ("capacityProviderName", "capacity_provider_name"),
    ("clusterArn", "cluster_arn"),
    ("connectivity", "connectivity"),
    ("containerInstanceArn", "container_instance_arn"),
    ("cpu", "cpu"),
    ("desiredStatus", "desired_status"),
    ("enableExecuteCommand", "enable_execute_command"),
    ("group", "group"),
    ("lastStatus", "last_status"),
    ("launchType", "launch_type"),
    ("memory", "memory"),
    ("platformFamily", "platform_family"),
    ("platformVersion", "platform_version"),
    ("startedBy", "started_by"),
    ("stopCode", "stop_code"),
    ("stoppedReason", "stopped_reason"),
    ("taskArn", "task_arn"),
    ("taskDefinitionArn", "task_definition_arn"),
    ("version", "version"),
)
_TASK_TIMES = (
    ("connectivityAt", "connectivity_at"),
    ("createdAt", "created_at"),
    ("executionStoppedAt", "execution_stopped_at"),
    ("pullStartedAt", "pull_started_at"),
    ("pullStoppedAt", "pull_stopped_at"),
    ("startedAt", "started_at"),
    ("stoppedAt", "stopped_at"),
    ("stoppingAt", "stopping_at"),
)
_CONTAINER = (
    ("containerArn", "container_arn"),
    ("exitCode", "exit_code"),
    ("lastStatus", "last_status"),
    ("name", "name"),
    ("image", "image"),
    ("imageDigest", "image_digest"),
    ("reason", "reason"),
    ("runtimeId", "runtime_id"),
    ("taskArn", "task_arn"),
    ("cpu", "cpu"),
    ("memory", "memory"),
    ("memoryReservation", "memory_reservation"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that has happened at lab time ``at``, before EventBridge puts its envelope around it."""

    detail_type: str
    resource: str
    detail: Json
    at: float
    source: str = SOURCE


def envelope(fact: Fact, place: Place, event_id: str) -> Json:
    """The event as rules see it and targets get it."""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": fact.detail_type,
        "source": fact.source,
        "account": place.account,
        "time": seconds(fact.at),
        "region": place.region,
        "resources": [fact.resource],
        "detail": fact.detail,
    }


def seconds(at: float) -> str:
    """A time as the envelope has it, to the second."""
    return iso(at)[:19] + "Z"


def task_change(task: Task, at: float) -> Fact:
    """A task as it is after a change."""
    detail: Json = {
        "attachments": [_attachment(a) for a in task.attachments],
        "attributes": [dict(a) for a in task.attributes],
        "containers": [_container(c) for c in task.containers],
        "overrides": _overrides(task),
        "updatedAt": iso(at),
        **_named(task, _TASK),
        **{name: iso(value) for name, part in _TASK_TIMES if (value := getattr(task, part)) is not None},
    }
    return Fact(detail_type=TASK, resource=task.task_arn, detail=dict(sorted(detail.items())), at=at)


def _named(holder: Any, table: tuple[tuple[str, str], ...]) -> Json:
    found = {name: getattr(holder, part) for name, part in table}
    return {name: _plain(value) for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _attachment(attachment: Attachment) -> Json:
    kind = ENI if attachment.type == "ElasticNetworkInterface" else attachment.type
    details = [dict(detail) for detail in attachment.details]
    return {"id": attachment.id, "type": kind, "status": attachment.status, "details": details}


def _container(container: Container) -> Json:
    found = _named(container, _CONTAINER)
    if container.network_bindings:
        found["networkBindings"] = [
            {"bindIP": b.bind_ip, "containerPort": b.container_port, "hostPort": b.host_port, "protocol": b.protocol}
            for b in container.network_bindings
        ]
    found["networkInterfaces"] = [
        {"attachmentId": i.attachment_id, "privateIpv4Address": i.private_ipv4_address}
        for i in container.network_interfaces
    ]
    return found


def _overrides(task: Task) -> Json:
    """Each container is named, also where nothing of it is overridden."""
    given: Mapping[str, Any] = {key: value for key, value in task.overrides.items() if value}
    by_name = {str(part.get("name")): dict(part) for part in given.get("containerOverrides") or ()}
    containers = [by_name.get(c.name, {"name": c.name}) for c in task.containers]
    return {**given, "containerOverrides": containers}


def instance_change(view: InstanceView, cluster_arn: str, at: float) -> Fact:
    """A container instance as DescribeContainerInstances shows it after a change."""
    detail: Json = {
        "agentConnected": view.agent_connected,
        "attributes": [{"name": k, "value": v} if v else {"name": k} for k, v in sorted(view.attributes.items())],
        "clusterArn": cluster_arn,
        "containerInstanceArn": view.container_instance_arn,
        "ec2InstanceId": view.ec2_instance_id,
        "registeredResources": [_resource(r) for r in view.registered_resources],
        "remainingResources": [_resource(r) for r in view.remaining_resources],
        "status": view.status,
        "version": view.version,
        "versionInfo": dict(view.version_info),
        "updatedAt": iso(at),
    }
    if view.agent_update_status:
        detail["agentUpdateStatus"] = view.agent_update_status
    return Fact(detail_type=INSTANCE, resource=view.container_instance_arn, detail=detail, at=at)


def _resource(resource: Mapping[str, Any]) -> Json:
    kept = "stringSetValue" if resource["type"] == "STRINGSET" else "integerValue"
    return {"name": resource["name"], "type": resource["type"], kept: resource[kept]}
