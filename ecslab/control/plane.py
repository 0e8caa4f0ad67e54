"""The control plane: hears of every change, and looks again at what it touches.

Level-triggered: a change only marks a task or a service as worth a look; the look is at the whole. Looks are
taken on the timeline, never inside a request. A slow round over everything makes a lost mark cost little.
"""

from __future__ import annotations

from typing import Any

from ecslab.control import services, tasks
from ecslab.control.fleet import Fleet
from ecslab.model.instance import ContainerInstance
from ecslab.model.service import Service
from ecslab.model.status import TaskStatus
from ecslab.model.task import Task
from ecslab.timeline import Handle

ROUND = 60.0
"""Lab seconds between two looks at everything."""
LOST = ("real", "scaled")
"""Kinds of time in which an agent may have missed something, for it hears of it from another thread."""


class ControlPlane:
    """The loops over one backend."""

    def __init__(self, backend: Any, fleet: Fleet) -> None:
        self._backend = backend
        self._fleet = fleet
        self._timeline = backend.context.timeline
        self._tasks: dict[str, None] = {}
        self._services: dict[tuple[str, str], None] = {}
        self._rechecks: dict[tuple[str, str], Handle] = {}
        self._counted: set[tuple[str, TaskStatus]] = set()
        self._looking: Handle | None = None
        self._round: Handle | None = None

    def start(self) -> None:
        """Begin to listen and to make rounds."""
        self._backend.store.listeners.append(self._heard)
        self._make_round()

    def stop(self) -> None:
        """Listen and look no more."""
        if self._heard in self._backend.store.listeners:
            self._backend.store.listeners.remove(self._heard)
        for handle in (self._round, self._looking, *self._rechecks.values()):
            if handle is not None:
                handle.cancel()

    def _heard(self, before: Any, after: Any) -> None:
        if isinstance(after, Task):
            self._tasks[after.task_arn] = None
            if after.service_name and _matters(before, after):
                self._mark(after.cluster_name, after.service_name)
            if before is not None and before.last_status is not after.last_status:
                self._room_changed(after)
        elif isinstance(after, Service):
            self._mark(after.cluster_name, after.service_name)
        elif isinstance(after, ContainerInstance):
            self._mark_cluster(after.cluster_name)
            self._mark_waiting()
        self._look_soon()

    def _room_changed(self, task: Task) -> None:
        """Room on an instance has become free: services that wait for room are looked at."""
        if task.last_status is TaskStatus.STOPPED and task.container_instance_arn:
            self._mark_waiting()
            for service in self._backend.store.services(task.cluster_name):
                if service.desired_count > 0 and not service.steady:
                    self._mark(service.cluster_name, service.service_name)

    def _mark(self, cluster: str, name: str) -> None:
        self._services[cluster, name] = None

    def _mark_waiting(self) -> None:
        for arn in self._backend.waiting:
            self._tasks[arn] = None

    def _mark_cluster(self, cluster: str) -> None:
        for service in self._backend.store.services(cluster):
            self._mark(service.cluster_name, service.service_name)

    def look_at_task(self, arn: str) -> None:
        """Look at a task again soon, though nothing of it has changed."""
        self._tasks[arn] = None
        self._look_soon()

    def look_at_service(self, cluster: str, name: str) -> None:
        """Look at a service again soon, though nothing of it has changed."""
        self._mark(cluster, name)
        self._look_soon()

    def _look_soon(self) -> None:
        if self._looking is None:
            self._looking = self._timeline.call_soon(self._look)

    def _look(self) -> None:
        self._looking = None
        marked, self._tasks = self._tasks, {}
        for arn in marked:
            self._look_at_task(arn)
        due, self._services = self._services, {}
        for cluster, name in due:
            self._look_at_service(cluster, name)

    def _look_at_task(self, arn: str) -> None:
        task = self._backend.store.task(arn)
        if task is None:
            return
        if task.service_name and self._is_news(task):
            services.count_start(self._backend, task)
        if tasks.has_step(task):
            tasks.step(self._backend, task)
        elif task.last_status is not TaskStatus.STOPPED:
            self._fleet.care_for(task)

    def _is_news(self, task: Task) -> bool:
        """Whether the task runs or has stopped and this has not been counted yet."""
        key = (task.task_arn, task.last_status)
        if task.last_status not in (TaskStatus.RUNNING, TaskStatus.STOPPED) or key in self._counted:
            return False
        self._counted.add(key)
        return True

    def _look_at_service(self, cluster: str, name: str) -> None:
        service = self._backend.store.service(cluster, name)
        if service is None:
            return
        again = services.reconcile(self._backend, service)
        old = self._rechecks.pop((cluster, name), None)
        if old is not None:
            old.cancel()
        if again is not None:
            self._rechecks[cluster, name] = self._timeline.call_at(again, lambda: self._recheck(cluster, name))

    def _recheck(self, cluster: str, name: str) -> None:
        self._rechecks.pop((cluster, name), None)
        self._mark(cluster, name)
        self._look_soon()

    def _make_round(self) -> None:
        """Look at everything once in a while, and forget what has been STOPPED for an hour."""
        self._round = self._timeline.call_later(ROUND, self._make_round)
        store, now = self._backend.store, self._backend.context.now()
        everything = self._timeline.kind in LOST
        for task in store.all_tasks():
            if task.last_status is not TaskStatus.STOPPED:
                if everything or tasks.has_step(task):
                    self._tasks[task.task_arn] = None
            elif now - (task.stopped_at or now) > tasks.KEPT_STOPPED:
                self._forget(task)
        for service in store.services():
            self._mark(service.cluster_name, service.service_name)
        self._fleet.sync()
        self._look_soon()

    def _forget(self, task: Task) -> None:
        self._backend.store.forget_task(task.task_arn)
        self._backend.task_networks.pop(task.task_arn, None)
        self._backend.waiting.pop(task.task_arn, None)
        self._backend.targets.pop(task.task_arn, None)
        self._fleet.forget(task)
        self._counted -= {(task.task_arn, TaskStatus.RUNNING), (task.task_arn, TaskStatus.STOPPED)}


def _matters(before: Task | None, after: Task) -> bool:
    """Whether a change of a task can change what its service needs."""
    return before is None or any(
        getattr(before, part) is not getattr(after, part) for part in ("last_status", "desired_status", "health_status")
    )
