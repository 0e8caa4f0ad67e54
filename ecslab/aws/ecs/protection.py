"""GetTaskProtection and UpdateTaskProtection: tasks of services that scaling in and deployments leave alone for a time.

It writes the wish down; ``scheduler.services`` heeds it. Invariant: protection always has an end. Source: Amazon ECS
API Reference, UpdateTaskProtection (2 hours where nothing is said, 1 to 2,880 minutes; TASK_NOT_VALID for tasks of no
service); Developer Guide, "Protect your Amazon ECS tasks from being terminated by scale-in events".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ecslab.aws.ecs.base import Failure, Request, Verbs, at_most, missing
from ecslab.errors import InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.status import DesiredStatus, TaskStatus
from ecslab.model.task import Task

DEFAULT_MINUTES, MOST_MINUTES = 120, 2880
MOST_UPDATED, MOST_READ = 10, 100
NOT_VALID = "TASK_NOT_VALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedTask:
    """A task's protection as the API shows it."""

    task_arn: str
    protection_enabled: bool
    expiration_date: float | None = None


class ProtectionVerbs(Verbs):
    """The verbs about task scale-in protection."""

    def get_task_protection(self, request: Request) -> tuple[list[ProtectedTask], list[Failure]]:
        """The protection of tasks, of all tasks of services in the cluster where none is named."""
        cluster = self.active_cluster(request.get("cluster"))
        names = request.get("tasks") or []
        at_most(names, MOST_READ, "tasks")
        if not names:
            alive = [t for t in self.store.tasks(cluster) if t.service_name and t.last_status is not TaskStatus.STOPPED]
            return [self._shown(task) for task in alive[:MOST_READ]], []
        found, failures = self._valid(cluster, names)
        return [self._shown(task) for task in found], failures

    def update_task_protection(self, request: Request) -> tuple[list[ProtectedTask], list[Failure]]:
        """Protect tasks for so many minutes, or no longer. InvalidParameterException."""
        cluster = self.active_cluster(request.get("cluster"))
        names, enabled = request.get("tasks") or [], bool(request["protectionEnabled"])
        if not names:
            raise InvalidParameterException("Tasks cannot be empty.")
        at_most(names, MOST_UPDATED, "tasks")
        minutes = request.get("expiresInMinutes")
        if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
            raise InvalidParameterException(f"expiresInMinutes must be between 1 and {MOST_MINUTES}; it is {minutes}.")
        until = self.context.now() + 60.0 * (minutes or DEFAULT_MINUTES) if enabled else None
        found, failures = self._valid(cluster, names)
        changed = [self.store.put_task(replace(t, protected_until=until, version=t.version + 1)) for t in found]
        for task in changed:
            word = f"protected for {minutes or DEFAULT_MINUTES} minutes" if enabled else "no longer protected"
            self.note("task.protection", task.task_arn, f"task {task.task_id[:8]} is {word} from scaling in")
        return [self._shown(task) for task in changed], failures

    def _valid(self, cluster: str, names: list[str]) -> tuple[list[Task], list[Failure]]:
        found: list[Task] = []
        failures: list[Failure] = []
        for name in names:
            task = self.store.task(self.place.task(cluster, last_part(name)))
            if task is None or task.last_status is TaskStatus.STOPPED:
                failures.append(missing(self.place.task(cluster, last_part(name))))
            elif not task.service_name or task.desired_status is DesiredStatus.STOPPED:
                detail = "Only tasks of a service that are not being stopped can be protected."
                failures.append({"arn": task.task_arn, "reason": NOT_VALID, "detail": detail})
            else:
                found.append(task)
        return found, failures

    def _shown(self, task: Task) -> ProtectedTask:
        enabled = task.is_protected(self.context.now())
        return ProtectedTask(
            task_arn=task.task_arn,
            protection_enabled=enabled,
            expiration_date=task.protected_until if enabled else None,
        )
