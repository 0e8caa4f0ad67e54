"""Container instances: registered by agents, described, drained and deregistered through the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecslab.aws.ecs.base import Failure, Request, Verbs, at_most, missing, page, read_query
from ecslab.errors import ClientException, InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.instance import RESERVED_PORTS, ContainerInstance, Room
from ecslab.model.status import NOT_YET_RUNNING, ContainerInstanceStatus, StopCode, TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceView:
    """A container instance as the API shows it."""

    container_instance_arn: str
    ec2_instance_id: str
    version: int
    version_info: Mapping[str, str]
    remaining_resources: tuple[Mapping[str, Any], ...]
    registered_resources: tuple[Mapping[str, Any], ...]
    status: str
    agent_connected: bool
    running_tasks_count: int
    pending_tasks_count: int
    agent_update_status: str | None
    attributes: Mapping[str, str | None]
    registered_at: float
    attachments: tuple[Mapping[str, Any], ...]
    capacity_provider_name: str | None
    tags: tuple[Mapping[str, str], ...]
    health_status: Mapping[str, Any] | None = None


class InstanceVerbs(Verbs):
    """RegisterContainerInstance, Describe, List, UpdateContainerInstancesState, Deregister."""

    def register_container_instance(self, request: Request) -> InstanceView:
        """Register an instance as its agent asks: resources and attributes as given, not made up."""
        cluster = self.active_cluster(request.get("cluster"))
        document = _document(request.get("instanceIdentityDocument"))
        given = {r.get("name"): r for r in request.get("totalResources") or ()}
        known = self._known(cluster, request.get("containerInstanceArn") or "")
        ec2_id = document.get("instanceId") or (known.ec2_instance_id if known else f"mi-{self.context.hex_id(17)}")
        attributes = {a["name"]: a.get("value") or "" for a in request.get("attributes") or ()}
        return self.view(
            self.enroll(
                ContainerInstance(
                    arn=known.arn if known else self.place.container_instance(cluster, self.context.hex_id()),
                    cluster_name=cluster,
                    ec2_instance_id=ec2_id,
                    cpu=(given.get("CPU") or {}).get("integerValue") or 2048,
                    memory=(given.get("MEMORY") or {}).get("integerValue") or 3992,
                    eni_limit=2,
                    registered_at=self.context.now(),
                    instance_type=document.get("instanceType", ""),
                    availability_zone=document.get("availabilityZone") or f"{self.place.region}a",
                    attributes=attributes,
                    agent_version=(request.get("versionInfo") or {}).get("agentVersion") or "",
                    tags=tuple(request.get("tags") or ()),
                )
            )
        )

    def _known(self, cluster: str, own: str) -> ContainerInstance | None:
        """The instance that an agent says it is already; None where it says nothing. InvalidParameterException."""
        found = self.find_instance(cluster, own) if own else None
        if own and (found is None or found.status is ContainerInstanceStatus.INACTIVE):
            raise InvalidParameterException(
                f"There is no container instance '{own}' in cluster {cluster}. "
                "Leave containerInstanceArn out to register anew."
            )
        return found

    def enroll(self, instance: ContainerInstance) -> ContainerInstance:
        """Record a registration; an EC2 instance that registers again keeps its ARN and status."""
        for known in self.store.instances(instance.cluster_name):
            if known.ec2_instance_id == instance.ec2_instance_id:
                return known
        self.note(
            "instance.registered",
            instance.arn,
            f"container instance {instance.ec2_instance_id} joined cluster {instance.cluster_name} "
            f"with {instance.cpu} CPU units and {instance.memory} MiB",
            instance=instance.ec2_instance_id,
        )
        return self.store.put_instance(self.provided(self.trunked(instance)))

    def find_instance(self, cluster: str, name: str) -> ContainerInstance | None:
        """An instance by id or ARN in a cluster, INACTIVE ones included."""
        return self.store.instance(self.place.container_instance(cluster, last_part(name)))

    def describe_container_instances(
        self, cluster_str: str, container_instances: list[str], include: tuple[str, ...] = ()
    ) -> tuple[list[InstanceView], list[Failure]]:
        """Instances by id or ARN; MISSING for those that are not there."""
        cluster = self.active_cluster(cluster_str)
        if not container_instances:
            raise InvalidParameterException("Container Instances cannot be empty.")
        at_most(container_instances, 100, "containerInstances")
        found, failures = [], []
        for name in container_instances:
            instance = self.find_instance(cluster, name)
            if instance is None:
                failures.append(missing(self.place.container_instance(cluster, last_part(name))))
            else:
                view = self.view(instance)
                view = view if "TAGS" in include else replace(view, tags=())
                health = health_of(instance) if "CONTAINER_INSTANCE_HEALTH" in include else None
                found.append(replace(view, health_status=health))
        return found, failures

    def list_instance_arns(self, request: Request) -> tuple[list[str], str | None]:
        """ARNs of a cluster's instances, of one status and matching ``filter``. InvalidParameterException."""
        cluster = self.active_cluster(request.get("cluster"))
        query = read_query(request["filter"]) if request.get("filter") else None
        status = request.get("status")
        found = [i for i in self.store.instances(cluster) if status in (None, i.status.value)]
        return page([i.arn for i in found if query is None or query.holds(self.store.room(i))], request, 100)

    def update_container_instances_state(
        self, cluster_str: str, list_container_instance_ids: list[str], status: str
    ) -> tuple[list[InstanceView], list[Failure]]:
        """Set instances ACTIVE or DRAINING. Draining moves service tasks away and leaves standalone ones."""
        cluster = self.active_cluster(cluster_str)
        if status not in ("ACTIVE", "DRAINING"):
            raise InvalidParameterException("Container instance status should be one of [ACTIVE, DRAINING].")
        at_most(list_container_instance_ids, 10, "containerInstances")
        found, failures = [], []
        for name in list_container_instance_ids:
            instance = self.find_instance(cluster, name)
            if instance is None or instance.status is ContainerInstanceStatus.INACTIVE:
                failures.append(missing(self.place.container_instance(cluster, last_part(name))))
                continue
            found.append(self.view(self.set_instance_status(instance, ContainerInstanceStatus(status))))
        return found, failures

    def set_instance_status(
        self, instance: ContainerInstance, status: ContainerInstanceStatus, why: str = ""
    ) -> ContainerInstance:
        """Record the status of an instance, and in the journal why."""
        text = f"container instance {instance.ec2_instance_id} is {status}{f': {why}' if why else ''}"
        self.note("instance.status", instance.arn, text, status=status.value)
        return self.store.put_instance(replace(instance, status=status, version=instance.version + 1))

    def deregister_container_instance(self, cluster_str: str, container_instance_str: str, force: bool) -> InstanceView:
        """Make an instance INACTIVE; refused while tasks run on it unless forced."""
        cluster = self.active_cluster(cluster_str)
        instance = self.find_instance(cluster, container_instance_str)
        if instance is None or instance.status is ContainerInstanceStatus.INACTIVE:
            raise ClientException("Referenced container instance not found.")
        alive = [t for t in self.store.tasks_of_instance(instance.arn) if t.last_status is not TaskStatus.STOPPED]
        if alive and not force:
            raise InvalidParameterException(
                "Found running tasks on the instance. Stop them first (drain the instance), or deregister with force."
            )
        return self.view(self.lose_instance(instance))

    def lose_instance(self, instance: ContainerInstance) -> ContainerInstance:
        """Record that an instance is gone: INACTIVE, not connected, and none of its tasks goes on."""
        gone = replace(
            instance,
            status=ContainerInstanceStatus.INACTIVE,
            agent_connected=False,
            version=instance.version + 1,
        )
        self.store.put_instance(gone)
        self.note("instance.deregistered", gone.arn, f"container instance {gone.ec2_instance_id} left its cluster")
        for task in list(self.store.tasks_of_instance(gone.arn)):
            if task.last_status is TaskStatus.STOPPED:
                continue
            why = f"Container instance {gone.instance_id} was deregistered or terminated"
            task = self.wish_stopped(task, StopCode.TERMINATION_NOTICE, why)
            self.move_task(task, TaskStatus.DEPROVISIONING if task.eni else TaskStatus.STOPPED)
        return gone

    def view(self, instance: ContainerInstance) -> InstanceView:
        """The instance as the API shows it, with what is left on it."""
        room = self.store.room(instance)
        tasks = [t for t in self.store.tasks_of_instance(instance.arn) if t.last_status is not TaskStatus.STOPPED]
        return InstanceView(
            container_instance_arn=instance.arn,
            ec2_instance_id=instance.ec2_instance_id,
            version=instance.version,
            version_info={"agentVersion": instance.agent_version, "agentHash": "", "dockerVersion": ""},
            registered_resources=_resources(_whole(instance, room)),
            remaining_resources=_resources(room),
            status=instance.status.value,
            agent_connected=instance.agent_connected,
            running_tasks_count=sum(t.last_status is TaskStatus.RUNNING for t in tasks),
            pending_tasks_count=sum(t.last_status in NOT_YET_RUNNING for t in tasks),
            agent_update_status=instance.agent_update_status,
            attributes=dict(instance.attributes),
            registered_at=instance.registered_at,
            attachments=(),
            capacity_provider_name=instance.capacity_provider_name,
            tags=instance.tags,
        )


def health_of(instance: ContainerInstance) -> Mapping[str, Any]:
    """``healthStatus``: the runtime of a container instance is known as long as its agent is connected."""
    status = "OK" if instance.agent_connected else "INSUFFICIENT_DATA"
    return {"overallStatus": status, "details": [{"type": "CONTAINER_RUNTIME", "status": status}]}


def _whole(instance: ContainerInstance, room: Room) -> Room:
    return replace(room, cpu=instance.cpu, memory=instance.memory, ports=RESERVED_PORTS)


def _resources(room: Room) -> tuple[Mapping[str, Any], ...]:
    def ports(protocol: str) -> list[str]:
        return [str(port) for port, kind in sorted(room.ports) if kind == protocol]

    return (
        {"name": "CPU", "type": "INTEGER", "integerValue": room.cpu, "doubleValue": 0.0, "longValue": 0},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": room.memory, "doubleValue": 0.0, "longValue": 0},
        {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ports("tcp")},
        {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": ports("udp")},
    )


def _document(text: str | None) -> Mapping[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        raise ClientException("Invalid instanceIdentityDocument. It must be the JSON that the instance got.") from None
    return found if isinstance(found, dict) else {}
