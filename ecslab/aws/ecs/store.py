"""Where tasks, services and container instances are written down, with the indexes that keep reads cheap.

Objects are frozen; ``put`` replaces one and tells the listeners (before, after). It decides nothing and
starts nothing. Invariants: every index agrees with the objects; ``revision`` grows with every change.
Callers hold the timeline's lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ecslab.aws.ecs.history import History
from ecslab.model.definition import TaskDefinition
from ecslab.model.instance import RESERVED_PORTS, ContainerInstance, Room
from ecslab.model.service import Service
from ecslab.model.status import NetworkMode, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler.rooms import Rooms

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
        self._services_of_cluster = _Index()
        self._instances_of_cluster = _Index()
        self._tasks_of_cluster = _Index()
        self._wished = _Index()
        self._tasks_of_service = _Index()
        self._alive = _Index()
        self._tasks_of_instance = _Index()
        self._holding = _Index()
        self._of_tasks: tuple[tuple[_Index, Callable[[Task], str | None]], ...] = (
            (self._tasks_of_cluster, lambda task: task.cluster_name),
            (self._wished, lambda task: task.cluster_name if task.desired_status == "RUNNING" else None),
            (self._tasks_of_service, _service_of),
            (self._alive, lambda task: _service_of(task) if task.last_status is not TaskStatus.STOPPED else None),
            (self._tasks_of_instance, lambda task: task.container_instance_arn),
            (self._holding, _holding),
        )
        """The indexes of tasks, each with the key under which it has a task; None where it does not have it."""
        self._counts: dict[str, Counter[TaskStatus]] = {}
        self.counted: dict[str, tuple[Service, int, Service]] = {}
        """Of services, by key: one as it was, after how many changes of tasks, and the same with its tasks counted."""
        self.task_changes: dict[str, int] = {}
        """How often a task of a service has changed, by the service's key."""
        self._rooms: dict[str, Rooms] = {}

    def put_task(self, task: Task) -> Task:
        """Record a task as it now is."""
        arn, before = task.task_arn, self._tasks.get(task.task_arn)
        self._tasks[arn] = task
        self._arns[task.task_id] = arn
        self._file(arn, before, task)
        self._tell(before, task)
        return task

    def _file(self, arn: str, before: Task | None, after: Task | None) -> None:
        """Keep the indexes of tasks, the rooms and the counts."""
        for index, key_of in self._of_tasks:
            index.move(arn, key_of(before) if before else None, key_of(after) if after else None)
        held, holds = _holding(before) if before else None, _holding(after) if after else None
        for task, instance in ((before, held), (after, holds)):
            if task is not None and instance is not None and held != holds:
                self.rooms(task.cluster_name).touch(instance)
        for task, change in ((before, -1), (after, 1)):
            if task is not None:
                self.counts(task.cluster_name)[task.last_status] += change
                if task.service_name:
                    key = service_key(task.cluster_name, task.service_name)
                    self.task_changes[key] = self.task_changes.get(key, 0) + 1

    def forget_task(self, arn: str) -> None:
        """Drop a task that has been STOPPED for long enough."""
        task = self._tasks.pop(arn)
        self._arns.pop(task.task_id, None)
        self._file(arn, task, None)
        self.revision += 1

    def put_service(self, service: Service) -> Service:
        """Record a service as it now is."""
        key = service_key(service.cluster_name, service.service_name)
        before = self._services.get(key)
        self._services[key] = service
        self._services_of_cluster.move(key, before.cluster_name if before else None, service.cluster_name)
        if before != service:
            self.history.note(service)
            self._tell(before, service)
        return service

    def put_instance(self, instance: ContainerInstance) -> ContainerInstance:
        """Record a container instance as it now is."""
        before = self._instances.get(instance.arn)
        self._instances[instance.arn] = instance
        self._instances_of_cluster.move(instance.arn, before.cluster_name if before else None, instance.cluster_name)
        rooms = self.rooms(instance.cluster_name)
        if instance.status == "INACTIVE":
            rooms.remove(instance.arn)
        else:
            rooms.put(self.measure(instance.arn))
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

    def alive_on_instance(self, arn: str) -> Iterator[Task]:
        """The tasks on a container instance that are not STOPPED, oldest first."""
        return (self._tasks[a] for a in self._holding.get(arn))

    def all_tasks(self) -> tuple[Task, ...]:
        """All tasks of all clusters."""
        return tuple(self._tasks.values())

    def tasks_of_service(self, cluster: str, name: str) -> Iterator[Task]:
        """All tasks of a service, oldest first."""
        return (self._tasks[arn] for arn in self._tasks_of_service.get(service_key(cluster, name)))

    def alive_of_service(self, cluster: str, name: str) -> Iterator[Task]:
        """The tasks of a service that are not STOPPED, oldest first."""
        return (self._tasks[arn] for arn in self._alive.get(service_key(cluster, name)))

    def counts(self, cluster: str) -> Counter[TaskStatus]:
        """How many tasks of each status a cluster has."""
        return self._counts.setdefault(cluster, Counter())

    def wished(self, cluster: str) -> tuple[str, ...]:
        """The ARNs of the tasks of a cluster whose desired status is RUNNING, oldest first."""
        return self._wished.get(cluster)

    def tasks_of_instance(self, arn: str) -> Iterator[Task]:
        """All tasks on a container instance, oldest first."""
        return (self._tasks[a] for a in self._tasks_of_instance.get(arn))

    def service(self, cluster: str, name: str) -> Service | None:
        """The service of that name, whatever its status."""
        return self._services.get(service_key(cluster, name))

    def services(self, cluster: str | None = None) -> tuple[Service, ...]:
        """All services, or those of one cluster."""
        if cluster is None:
            return tuple(self._services.values())
        return tuple(self._services[key] for key in self._services_of_cluster.get(cluster))

    def instance(self, arn: str) -> ContainerInstance | None:
        """The container instance with that ARN."""
        return self._instances.get(arn)

    def instances(self, cluster: str | None = None) -> tuple[ContainerInstance, ...]:
        """All container instances that are not INACTIVE, or those of one cluster."""
        arns = self._instances if cluster is None else self._instances_of_cluster.get(cluster)
        return tuple(i for i in map(self._instances.__getitem__, arns) if i.status != "INACTIVE")

    def has_own_instances(self, cluster: str) -> bool:
        """Whether a cluster has an instance that its owner launched, on which tasks run without a strategy."""
        arns = self._instances_of_cluster.get(cluster)
        found = map(self._instances.__getitem__, arns)
        return any(i.status != "INACTIVE" and not i.managed for i in found)

    def room(self, instance: ContainerInstance) -> Room:
        """The instance with what is left on it."""
        return self.rooms(instance.cluster_name).get(instance.arn) or self.measure(instance.arn)

    def measure(self, arn: str) -> Room:
        """What is left on an instance, counted anew."""
        instance = self._instances[arn]
        cpu, memory, enis, ports = instance.cpu, instance.memory, instance.eni_limit, set(RESERVED_PORTS)
        groups: dict[str, int] = {}
        for task in map(self._tasks.__getitem__, self._holding.get(arn)):
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

    def rooms(self, cluster: str) -> Rooms:
        """What placement may choose from in a cluster: always as it is now."""
        rooms = self._rooms.get(cluster)
        if rooms is None:
            rooms = self._rooms[cluster] = Rooms(measure=self.measure)
        return rooms


def _holding(task: Task) -> str | None:
    """The instance on which a task takes room."""
    return task.container_instance_arn if task.last_status is not TaskStatus.STOPPED else None


def _service_of(task: Task) -> str | None:
    return service_key(task.cluster_name, task.service_name) if task.service_name else None
