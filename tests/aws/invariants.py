"""What must hold of the lab's state between any two requests. ``broken`` names each thing that does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ecslab.model.status import DesiredStatus, ServiceStatus, TaskStatus


def broken(backend: Any) -> list[str]:
    """Every invariant of the backend's state that does not hold."""
    return [*_tasks(backend), *_indexes(backend), *_counts(backend), *_services(backend), *_rooms(backend)]


def _tasks(backend: Any) -> Iterator[str]:
    store = backend.store
    for task in store.all_tasks():
        if task.task_definition_arn not in store.definitions:
            yield f"{task.task_arn} is of a definition that is not there"
        if task.cluster_name not in backend.clusters:
            yield f"{task.task_arn} is in a cluster that is not there"
        stopped = task.last_status is TaskStatus.STOPPED
        if stopped and (task.desired_status is not DesiredStatus.STOPPED or not task.stopped_at):
            yield f"{task.task_arn} is STOPPED, but not desired so or without a time"
        if not stopped and task.container_instance_arn:
            instance = store.instance(task.container_instance_arn)
            if instance is None or instance.cluster_name != task.cluster_name:
                yield f"{task.task_arn} is on an instance that is not in its cluster"
        if not isinstance(task.last_status, TaskStatus):
            yield f"{task.task_arn} has the status {task.last_status!r}"


def _indexes(backend: Any) -> Iterator[str]:
    """Every index says what the objects say."""
    store = backend.store
    every = {t.task_arn: t for t in store.all_tasks()}
    by_cluster = {t.task_arn for name in backend.clusters for t in store.tasks(name)}
    if by_cluster != set(every):
        yield "the tasks of the clusters are not all tasks"
    of_services = {(s.cluster_name, s.service_name) for s in store.services()} | {
        (t.cluster_name, t.service_name) for t in every.values() if t.service_name
    }
    by_service = {t.task_arn: key for key in of_services for t in store.tasks_of_service(*key)}
    places = {t.container_instance_arn for t in every.values() if t.container_instance_arn}
    by_place = {t.task_arn: arn for arn in places for t in store.tasks_of_instance(arn)}
    for task in every.values():
        if store.find_task(task.task_id) is not task:
            yield f"{task.task_arn} is not found by its id"
        key = (task.cluster_name, task.service_name) if task.service_name else None
        if by_service.get(task.task_arn) != key:
            yield f"{task.task_arn} is not among its service's"
        if by_place.get(task.task_arn) != task.container_instance_arn:
            yield f"{task.task_arn} is not among its instance's"


def _counts(backend: Any) -> Iterator[str]:
    """What is kept so that nobody has to count agrees with what there is."""
    store = backend.store
    for cluster in backend.clusters:
        tasks = list(store.tasks(cluster))
        if +store.counts(cluster) != Counter(t.last_status for t in tasks):
            yield f"the tasks of cluster {cluster} are counted wrongly: {store.counts(cluster)}"
        if set(store.wished(cluster)) != {t.task_arn for t in tasks if t.desired_status is DesiredStatus.RUNNING}:
            yield f"the tasks of cluster {cluster} that are to run are not those that are kept as such"
        if [r.instance.arn for r in store.rooms(cluster)] != [i.arn for i in store.instances(cluster)]:
            yield f"the rooms of cluster {cluster} are not its instances"
    for service in store.services():
        key = service.cluster_name, service.service_name
        alive = [t for t in store.tasks_of_service(*key) if t.last_status is not TaskStatus.STOPPED]
        if list(store.alive_of_service(*key)) != alive:
            yield f"the tasks of {service.service_arn} that are not STOPPED are not those that are kept as such"


def _services(backend: Any) -> Iterator[str]:
    for service in backend.store.services():
        name = service.service_arn
        if service.cluster_name not in backend.clusters:
            yield f"{name} is in a cluster that is not there"
        if service.desired_count < 0 or not isinstance(service.desired_count, int):
            yield f"{name} desires {service.desired_count!r} tasks"
        primaries = [d for d in service.deployments if d.status == "PRIMARY"]
        controller = service.deployment_controller.get("type", "ECS")
        if service.status is ServiceStatus.ACTIVE and controller == "ECS" and len(primaries) != 1:
            yield f"{name} has {len(primaries)} primary deployments"
        for deployment in service.deployments:
            if deployment.task_definition not in backend.store.definitions:
                yield f"{name} deploys a definition that is not there"
        cluster = backend.clusters.get(service.cluster_name)
        if service.status is not ServiceStatus.INACTIVE and cluster is not None and cluster.status != "ACTIVE":
            yield f"{name} is {service.status} in a cluster that is {cluster.status}"


def _rooms(backend: Any) -> Iterator[str]:
    """No instance holds more than it has, and what is remembered of its room is what it would be measured to be."""
    store = backend.store
    for instance in store.instances():
        room = store.room(instance)
        if room.cpu < 0 or room.memory < 0:
            yield f"{instance.arn} holds more than it has: {room.cpu} CPU units and {room.memory} MiB are left"
        measured = store.measure(instance.arn)
        if measured != replace(room, instance=measured.instance):
            yield f"what is left on {instance.arn} is not what is remembered of it"
