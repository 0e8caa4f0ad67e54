"""Capacity that comes and goes: tasks that wait for room, instances that are drained before they go, Spot.

Level-triggered: what waits is looked at whenever room may have come free; an instance that its Auto Scaling group has
given up is terminated when its last task is gone. Invariants: a task of an Auto Scaling group's provider runs on that
group's instances only; no instance under managed draining is terminated with a task on it, but after 48 hours.
Sources: Amazon ECS Developer Guide, "Managed instance draining", "Managed termination protection", "Fargate Spot
termination notices", "Container instance draining"; facts §8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecslab.aws import ec2, groups
from ecslab.control.fleet import Fleet
from ecslab.errors import InvalidParameterException
from ecslab.model.capacity import FARGATE_SPOT
from ecslab.model.instance import ContainerInstance, Room
from ecslab.model.plan import Placement
from ecslab.model.status import (
    ContainerInstanceStatus,
    NetworkMode,
    SchedulingStrategy,
    StopCode,
    TaskStatus,
)
from ecslab.model.task import Task
from ecslab.scheduler.rooms import Draft

NOTICE = 120.0
"""Seconds between the interruption notice and the end."""
DRAINED_AT_LAST = 48 * 3600.0
"""Seconds after which managed draining waits no longer (facts: managed_draining)."""
INTERRUPTED = "Your Spot Task was interrupted."
PROTECTS = 60.0
"""Seconds between two looks at which instances are to be protected."""


def place_waiting(backend: Any, task: Task) -> None:
    """Place a task that waits for capacity; it fails where its provider has no managed scaling that could bring any."""
    demand = backend.waiting[task.task_arn]
    draft = Draft(demand, backend.store.rooms(task.cluster_name))
    found = draft.place(backend.context.random.choice, provider=task.capacity_provider_name)
    if found.instance_arn is not None:
        _settle(backend, task, found)
    elif task.capacity_provider_name not in backend.managed():
        backend.waiting.pop(task.task_arn)
        rooms = [r for r in backend.store.rooms(task.cluster_name) if _of(r, task)]
        reason = f"TaskFailedToStart: {_reason(rooms, found)}"
        stopped = backend.wish_stopped(task, StopCode.TASK_FAILED_TO_START, reason)
        backend.move_task(stopped, TaskStatus.STOPPED)


def _of(room: Room, task: Task) -> bool:
    return room.instance.capacity_provider_name == task.capacity_provider_name


def _settle(backend: Any, task: Task, found: Placement) -> None:
    backend.waiting.pop(task.task_arn)
    instance = backend.store.instance(found.instance_arn)
    placed = replace(task, container_instance_arn=found.instance_arn, availability_zone=instance.availability_zone)
    backend.store.put_task(placed)
    text = f"task {task.task_id[:8]}, which had waited for capacity, was placed on {instance.ec2_instance_id}"
    backend.note("placement.waited", task.task_arn, text)
    backend.note_placed(placed, found)
    definition = backend.store.definitions[task.task_definition_arn]
    if definition.network_mode is not NetworkMode.AWSVPC:
        backend.move_task(placed, TaskStatus.PENDING)


def _reason(rooms: list[Room], found: Placement) -> str:
    if not rooms:
        return "EMPTY CAPACITY PROVIDER"
    if all(room.instance.status is not ContainerInstanceStatus.ACTIVE for room in rooms):
        return "NO ACTIVE INSTANCES"
    return next((v.reason for v in found.verdicts if v.reason not in ("", "INACTIVE")), "ATTRIBUTE")


def interrupt_task(backend: Any, task: Task) -> None:
    """Fargate takes a Spot task back: the notice, SIGTERM at once, SIGKILL after stopTimeout (30 s, 120 at most)."""
    if task.capacity_provider_name != FARGATE_SPOT or task.last_status is TaskStatus.STOPPED:
        raise InvalidParameterException(
            f"Only a task on FARGATE_SPOT can be interrupted; this one is {task.last_status} on "
            f"{task.capacity_provider_name or task.launch_type}."
        )
    text = f"Fargate Spot takes task {task.task_id[:8]} back: it has two minutes at the most"
    backend.note("spot.interrupted", task.task_arn, text)
    backend.wish_stopped(task, StopCode.SPOT_INTERRUPTION, INTERRUPTED)


class Capacity:
    """The loop over the instances of one lab that are to go."""

    def __init__(self, backend: Any, fleet: Fleet) -> None:
        self._backend = backend
        self._fleet = fleet
        self._timeline = backend.context.timeline
        self._leaving: dict[str, float] = {}
        self._stopped = False
        group_ec2 = groups.backend_of(backend.place).ec2_backend
        group_ec2.hold, group_ec2.changed = self._hold, self._changed

    def start(self) -> None:
        """Begin to listen and to make rounds."""
        self._backend.store.listeners.append(self._heard)
        self._round()

    def stop(self) -> None:
        """Listen no more."""
        self._stopped = True
        if self._heard in self._backend.store.listeners:
            self._backend.store.listeners.remove(self._heard)

    def _changed(self) -> None:
        self._timeline.call_soon(self._fleet.sync)

    def _heard(self, before: Any, after: Any) -> None:
        if not self._leaving or not isinstance(after, Task) or after.last_status is not TaskStatus.STOPPED:
            return
        self._timeline.call_soon(self._let_go)

    def _hold(self, instance_id: str) -> bool:
        """Whether an instance its group gives up is drained first."""
        instance = self._instance(instance_id)
        if instance is None or not self._drains(instance) or not self._tasks(instance):
            return False
        self._leaving.setdefault(instance_id, self._timeline.now())
        self._drain(instance, "its Auto Scaling group scales in, and managed draining lets its tasks go first")
        return True

    def _instance(self, instance_id: str) -> ContainerInstance | None:
        found = (i for i in self._backend.store.instances() if i.ec2_instance_id == instance_id)
        return next(found, None)

    def _drains(self, instance: ContainerInstance) -> bool:
        provider = self._backend.provider(instance.capacity_provider_name or "")
        return provider is not None and provider.enabled("managedDraining")

    def _tasks(self, instance: ContainerInstance) -> list[Task]:
        tasks = self._backend.store.tasks_of_instance(instance.arn)
        return [task for task in tasks if task.last_status is not TaskStatus.STOPPED and not self._daemon(task)]

    def _daemon(self, task: Task) -> bool:
        service = self._backend.store.service(task.cluster_name, task.service_name or "")
        return service is not None and service.scheduling_strategy is SchedulingStrategy.DAEMON

    def _drain(self, instance: ContainerInstance, why: str) -> None:
        if instance.status is not ContainerInstanceStatus.ACTIVE:
            return
        draining = replace(instance, status=ContainerInstanceStatus.DRAINING, version=instance.version + 1)
        self._backend.store.put_instance(draining)
        text = f"container instance {instance.ec2_instance_id} is DRAINING: {why}"
        self._backend.note("instance.status", instance.arn, text, status=draining.status.value)

    def _let_go(self) -> None:
        now = self._timeline.now()
        for instance_id, since in list(self._leaving.items()):
            instance = self._instance(instance_id)
            if instance is None or not self._tasks(instance) or now - since >= DRAINED_AT_LAST:
                self._leaving.pop(instance_id)
                self._terminate(instance_id)

    def _terminate(self, instance_id: str) -> None:
        if instance_id in {found.instance_id for found in ec2.joining(self._backend.place)}:
            ec2.terminate(self._backend.place, [instance_id])
        self._fleet.sync()

    def interrupt(self, instance_id: str) -> None:
        """EC2 takes a Spot instance back: drained from now on where its agent was told to, gone in two minutes."""
        found = next((i for i in ec2.joining(self._backend.place) if i.instance_id == instance_id), None)
        instance = self._instance(instance_id)
        if found is None or instance is None:
            raise InvalidParameterException(
                f"There is no container instance '{instance_id}' that could be interrupted."
            )
        text = f"EC2 takes Spot instance {instance_id} back in two minutes"
        self._backend.note("spot.interrupted", instance.arn, text)
        if found.spot_draining:
            self._drain(instance, "ECS_ENABLE_SPOT_INSTANCE_DRAINING is true and the interruption notice has come")
        self._timeline.call_later(NOTICE, lambda: self._terminate(instance_id))

    def _round(self) -> None:
        """Termination protection follows the tasks: instances with some are protected, others are not."""
        if self._stopped:
            return
        self._timeline.call_later(PROTECTS, self._round)
        self._let_go()
        backend = self._backend
        for instance in backend.store.instances():
            provider = backend.provider(instance.capacity_provider_name or "")
            if provider is None or not provider.enabled("managedTerminationProtection"):
                continue
            groups.protect(backend.place, instance.ec2_instance_id, protected=bool(self._tasks(instance)))
