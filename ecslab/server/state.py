"""The whole lab as JSON for the live view: clusters, instances, services, tasks, containers. It only reads."""

from __future__ import annotations

from typing import Any

from ecslab.model.definition import TaskDefinition
from ecslab.model.instance import RESERVED_PORTS, ContainerInstance
from ecslab.model.network import Endpoint
from ecslab.model.service import Service
from ecslab.model.status import ServiceStatus, TaskStatus
from ecslab.model.task import Container, Task
from ecslab.runtimes.base import Answers
from ecslab.server.at import url_of
from ecslab.server.openlab import OpenLab

Json = dict[str, Any]
SHOWN_EVENTS = 10
LOOKED_BACK, SHOWN_DECISIONS, SHOWN_ROWS = 1000, 3, 20


def state(lab: OpenLab) -> Json:
    """The state as ``GET /_ecslab/state`` gives it. Callers hold the lock."""
    reach = {w.task_id: w.endpoints for w in lab.fabric.wirings()}
    clusters = [c for c in lab.backend.clusters.values() if c.status == "ACTIVE"]
    return {
        "revision": lab.backend.store.revision,
        "now": lab.timeline.now(),
        "clusters": [_cluster(lab, c, reach) for c in clusters],
    }


def _cluster(lab: OpenLab, cluster: Any, reach: dict[str, tuple[Endpoint, ...]]) -> Json:
    store = lab.backend.store
    services = [s for s in store.services(cluster.name) if s.status is not ServiceStatus.INACTIVE]
    return {
        "name": cluster.name,
        "arn": cluster.arn,
        "status": cluster.status,
        "instances": [_instance(lab, i) for i in store.instances(cluster.name)],
        "services": [_service(lab, s) for s in services],
        "tasks": [_task(lab, t, reach.get(t.task_id, ())) for t in store.tasks(cluster.name)],
        "decisions": _decisions(lab, cluster.name),
    }


def _decisions(lab: OpenLab, cluster: str) -> list[Json]:
    """The latest placement decisions, newest first."""
    recent = lab.journal.read(after=max(0, len(lab.journal) - LOOKED_BACK), kind="placement.")
    mine = [e for e in recent if f"/{cluster}/" in e.subject and e.data.get("rows")]
    return [{"at": e.at, "text": e.text, "rows": e.data["rows"][:SHOWN_ROWS]} for e in mine[-SHOWN_DECISIONS:]][::-1]


def _instance(lab: OpenLab, instance: ContainerInstance) -> Json:
    store = lab.backend.store
    room = store.room(instance)
    tasks = [t for t in store.tasks_of_instance(instance.arn) if t.last_status is not TaskStatus.STOPPED]
    return {
        "arn": instance.arn,
        "id": instance.instance_id,
        "ec2InstanceId": instance.ec2_instance_id,
        "instanceType": instance.instance_type,
        "status": instance.status,
        "agentConnected": instance.agent_connected,
        "capacityProvider": instance.capacity_provider_name,
        "availabilityZone": instance.availability_zone,
        "address": instance.private_ip,
        "cpu": {"registered": instance.cpu, "remaining": room.cpu},
        "memory": {"registered": instance.memory, "remaining": room.memory},
        "ports": sorted({port for port, _ in room.ports - RESERVED_PORTS}),
        "tasks": [t.task_id for t in tasks],
    }


def _service(lab: OpenLab, service: Service) -> Json:
    counted, _ = lab.backend.describe_services(service.cluster_name, [service.service_name])
    shown = counted[0]
    return {
        "name": shown.service_name,
        "arn": shown.service_arn,
        "status": shown.status,
        "desired": shown.desired_count,
        "running": shown.running_count,
        "pending": shown.pending_count,
        "launchType": shown.launch_type,
        "taskDefinition": shown.task_definition.rsplit("/", 1)[-1],
        "deployments": [_deployment(d) for d in shown.deployments],
        "events": [{"at": e.created_at, "message": e.message} for e in shown.events[:SHOWN_EVENTS]],
    }


def _deployment(deployment: Any) -> Json:
    return {
        "id": deployment.id,
        "status": deployment.status,
        "rolloutState": deployment.rollout_state,
        "taskDefinition": deployment.task_definition.rsplit("/", 1)[-1],
        "desired": deployment.desired_count,
        "running": deployment.running_count,
        "pending": deployment.pending_count,
        "failed": deployment.failed_tasks,
    }


def _task(lab: OpenLab, task: Task, endpoints: tuple[Endpoint, ...]) -> Json:
    definition: TaskDefinition = lab.backend.store.definitions[task.task_definition_arn]
    instance = lab.backend.store.instance(task.container_instance_arn) if task.container_instance_arn else None
    return {
        "id": task.task_id,
        "arn": task.task_arn,
        "definition": task.task_definition_arn.rsplit("/", 1)[-1],
        "group": task.group,
        "service": task.service_name,
        "lastStatus": task.last_status,
        "desiredStatus": task.desired_status,
        "healthStatus": task.health_status,
        "launchType": task.launch_type,
        "capacityProvider": task.capacity_provider_name,
        "instance": instance.ec2_instance_id if instance else None,
        "address": task.eni.private_ip if task.eni else None,
        "eni": _eni(task),
        "networkMode": definition.network_mode,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "createdAt": task.created_at,
        "startedAt": task.started_at,
        "stoppedAt": task.stopped_at,
        "containers": [_container(c, definition) for c in task.containers],
        "endpoints": [endpoint(lab, e) for e in endpoints],
    }


def _eni(task: Task) -> Json | None:
    eni = task.eni
    if eni is None:
        return None
    return {
        "id": eni.eni_id,
        "privateIp": eni.private_ip,
        "publicIp": eni.public_ip,
        "subnet": eni.subnet_id,
        "zone": task.availability_zone,
    }


def _container(container: Container, definition: TaskDefinition) -> Json:
    own = next(c for c in definition.containers if c.name == container.name)
    return {
        "ports": [mapping.container_port for mapping in own.port_mappings],
        "links": [link.partition(":")[2] or link for link in own.links],
        "bindings": [{"hostPort": b.host_port, "containerPort": b.container_port} for b in container.network_bindings],
        "name": container.name,
        "image": container.image,
        "lastStatus": container.last_status,
        "healthStatus": container.health_status,
        "exitCode": container.exit_code,
        "reason": container.reason,
        "essential": container.essential,
    }


def endpoint(lab: OpenLab, found: Endpoint) -> Json:
    """An endpoint as JSON, with the URL to curl: on the simulated runtime, which opens no socket, the server's own."""
    real = f"http://{found.host}:{found.port}"
    return {
        "container": found.container,
        "containerPort": found.container_port,
        "hostPort": found.host_port,
        "protocol": found.protocol,
        "host": found.host,
        "port": found.port,
        "url": url_of(lab.doors.aws, found) if lab.doors.aws and isinstance(lab.runtime, Answers) else real,
    }
