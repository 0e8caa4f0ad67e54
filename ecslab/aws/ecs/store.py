"""Where tasks, services and container instances are written down, with the indexes that keep reads cheap.

Objects are frozen; ``put`` replaces one and tells the listeners (before, after). It decides nothing and
starts nothing. Invariants: every index agrees with the objects; ``revision`` grows with every change.
Callers hold the timeline's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ecslab.aws.ecs.history import History
from ecslab.model.definition import TaskDefinition
from ecslab.model.instance import RESERVED_PORTS, ContainerInstance, Room
from ecslab.model.service import Service
from ecslab.model.status import NetworkMode, TaskStatus
from ecslab.model.task import Task

Noun = Task | Service | ContainerInstance
Listener = Callable[[Noun | None, Noun | None], None]


@dataclass(slots=True)
class _Index:
    """Sets of ARNs by key, in order of arrival."""

    by_key: dict[str, dict[str, None]] = field(default_factory=dict)

    def move(self, arn: str, before: str | None, after: str | None) -> None:
        if before == after:
            return
        if before is not None:
            self.by_key.get(before, {}).pop(arn, None)
        if after is not None:
            self.by_key.setdefault(after, {})[arn] = None

    def get(self, key: str) -> tuple[str, ...]:
        return tuple(self.by_key.get(key, ()))


def service_key(cluster: str, name: str) -> str:
    """The key of a service among all clusters."""
    return f"{cluster}/{name}"


class Store:
    """The registry of everything that is scheduled, in one account and region."""

    def __init__(self) -> None:
        self.revision = 0
        self.history = History()
        self.definitions: dict[str, TaskDefinition] = {}
        self.listeners: list[Listener] = []
        self._tasks: dict[str, Task] = {}
        self._arns: dict[str, str] = {}
        """Of tasks, by task id."""
        self._services: dict[str, Service] = {}
        self._instances: dict[str, ContainerInstance] = {}
        self._tasks_of_cluster = _Index()
        self._tasks_of_service = _Index()
        self._tasks_of_instance = _Index()
        self._rooms: dict[str, Room] = {}

    def put_task(self, task: Task) -> Task:
        """Record a task as it now is."""
        arn, before = task.task_arn, self._tasks.get(task.task_arn)
        self._tasks[arn] = task
        if before is None:
            self._arns[task.task_id] = arn
            self._tasks_of_cluster.move(arn, None, task.cluster_name)
            if task.service_name:
                self._tasks_of_service.move(arn, None, service_key(task.cluster_name, task.service_name))
        self._tasks_of_instance.move(
            arn, before.container_instance_arn if before else None, task.container_instance_arn
        )
        if task.container_instance_arn and (
            before is None
            or before.last_status != task.last_status
            or before.container_instance_arn != task.container_instance_arn
        ):
            self._rooms.pop(task.container_instance_arn, None)
        self._tell(before, task)
        return task

    def forget_task(self, arn: str) -> None:
        """Drop a task that has been STOPPED for long enough."""
        task = self._tasks.pop(arn)
        self._arns.pop(task.task_id, None)
        self._tasks_of_cluster.move(arn, task.cluster_name, None)
        self._tasks_of_instance.move(arn, task.container_instance_arn, None)
        if task.service_name:
            self._tasks_of_service.move(arn, service_key(task.cluster_name, task.service_name), None)
        self.revision += 1

    def put_service(self, service: Service) -> Service:
        """Record a service as it now is."""
        key = service_key(service.cluster_name, service.service_name)
        before = self._services.get(key)
        self._services[key] = service
        if before != service:
            self.history.note(service)
            self._tell(before, service)
        return service

    def put_instance(self, instance: ContainerInstance) -> ContainerInstance:
        """Record a container instance as it now is."""
        before = self._instances.get(instance.arn)
        self._instances[instance.arn] = instance
        self._rooms.pop(instance.arn, None)
        self._tell(before, instance)
        return instance

    def touch_instance(self, arn: str) -> None:
        """Count one more version of an instance, because what is left on it has changed. Nobody is told."""
        instance = self._instances.get(arn)
        if instance is not None:
            self._instances[arn] = replace(instance, version=instance.version + 1)

    def _tell(self, before: Noun | None, after: Noun | None) -> None:
        self.revision += 1
        for listener in tuple(self.listeners):
            listener(before, after)

    def task(self, arn: str) -> Task | None:
        """The task with that ARN."""
        return self._tasks.get(arn)

    def find_task(self, task_id: str) -> Task | None:
        """The task with that id, in whichever cluster."""
        return self._tasks.get(self._arns.get(task_id, ""))

    def tasks(self, cluster: str) -> Iterator[Task]:
        """All tasks of a cluster, oldest first, the lately STOPPED included."""
        return (self._tasks[arn] for arn in self._tasks_of_cluster.get(cluster))

    def all_tasks(self) -> tuple[Task, ...]:
        """All tasks of all clusters."""
        return tuple(self._tasks.values())

    def tasks_of_service(self, cluster: str, name: str) -> Iterator[Task]:
        """All tasks of a service, oldest first."""
        return (self._tasks[arn] for arn in self._tasks_of_service.get(service_key(cluster, name)))

    def tasks_of_instance(self, arn: str) -> Iterator[Task]:
        """All tasks on a container instance, oldest first."""
        return (self._tasks[a] for a in self._tasks_of_instance.get(arn))

    def service(self, cluster: str, name: str) -> Service | None:
        """The service of that name, whatever its status."""
        return self._services.get(service_key(cluster, name))

    def services(self, cluster: str | None = None) -> tuple[Service, ...]:
        """All services, or those of one cluster."""
        return tuple(s for s in self._services.values() if cluster is None or s.cluster_name == cluster)

    def instance(self, arn: str) -> ContainerInstance | None:
        """The container instance with that ARN."""
        return self._instances.get(arn)

    def instances(self, cluster: str | None = None) -> tuple[ContainerInstance, ...]:
        """All container instances that are not INACTIVE, or those of one cluster."""
        return tuple(
            i
            for i in self._instances.values()
            if i.status != "INACTIVE" and (cluster is None or i.cluster_name == cluster)
        )

    def room(self, instance: ContainerInstance) -> Room:
        """The instance with what is left on it."""
        room = self._rooms.get(instance.arn)
        if room is None:
            room = self._rooms[instance.arn] = self._measure(instance)
        return room

    def _measure(self, instance: ContainerInstance) -> Room:
        cpu, memory, enis, ports = instance.cpu, instance.memory, instance.eni_limit, set(RESERVED_PORTS)
        groups: dict[str, int] = {}
        for task in self.tasks_of_instance(instance.arn):
            if task.last_status is TaskStatus.STOPPED:
                continue
            definition = self.definitions[task.task_definition_arn]
            cpu -= int(task.cpu)
            memory -= int(task.memory)
            enis -= definition.network_mode is NetworkMode.AWSVPC
            ports.update(definition.static_ports)
            groups[task.group] = groups.get(task.group, 0) + 1
        return Room(
            instance=instance,
            cpu=cpu,
            memory=memory,
            enis=enis,
            ports=frozenset(ports),
            tasks=sum(groups.values()),
            groups=groups,
        )

    def rooms(self, cluster: str) -> tuple[Room, ...]:
        """What placement may choose from in a cluster."""
        return tuple(self.room(instance) for instance in self.instances(cluster))
