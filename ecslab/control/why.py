"""Why a task or service is as it is: placement's reasons and the latest words of the journal, as sentences.

It reads what was written down and adds nothing of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecslab.errors import InvalidParameterException
from ecslab.journal import Entry
from ecslab.model.balancing import Target
from ecslab.model.service import Service
from ecslab.model.status import DesiredStatus, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler.decisions import FITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """``sentences`` for people; ``rows`` one per instance: instance, verdict, reason."""

    subject: str
    sentences: tuple[str, ...]
    rows: tuple[dict[str, str], ...] = ()


def why(backend: Any, subject: str) -> Why:
    """Explain a task (id or ARN), a service (name or ARN) or a container instance. InvalidParameterException."""
    task = find_task(backend, subject)
    if task is not None:
        return _of_task(backend, task)
    for service in backend.store.services():
        if subject in (service.service_arn, service.service_name):
            return _of_service(backend, service)
    of_instance = _of_instance(backend, subject)
    if of_instance is not None:
        return of_instance
    raise InvalidParameterException(
        f"There is no task or service '{subject}' (STOPPED tasks are kept for an hour). Give an id, a name or an ARN."
    )


def find_task(backend: Any, name: str) -> Task | None:
    """The task with that ARN or id (or the beginning of its id, eight digits or more), in any cluster."""
    known: Task | None = backend.store.task(name)
    short = name.rsplit("/", 1)[-1]
    if known is not None or len(short) < 8:
        return known
    return next((t for t in backend.store.all_tasks() if t.task_id.startswith(short)), None)


def _of_task(backend: Any, task: Task) -> Why:
    chosen = backend.context.journal.read(kind="placement.chosen", subject=task.task_arn)
    sentences = [f"Task {task.task_id[:8]} of {task.group} is {task.last_status}; wanted is {task.desired_status}."]
    if task.task_arn in backend.waiting:
        sentences.append(
            f"It waits for capacity: no instance of capacity provider {task.capacity_provider_name} has room for it."
        )
        sentences += _launched(backend, task)
    elif chosen:
        sentences += [*_launched(backend, task), _placed(chosen[-1])]
    elif task.daemon_name:
        sentences.append(f"Daemon {task.daemon_name} has one task on every instance of its capacity providers.")
    elif task.container_instance_arn:
        sentences.append("StartTask put it on the instance that was named; no rule of placement applied.")
    else:
        sentences.append("It runs on Fargate, so there was no instance to choose.")
    if task.stopped_reason:
        sentences.append(f"It was stopped ({task.stop_code}): {task.stopped_reason}.")
    sentences += [
        f"Container {c.name}: exit code {c.exit_code}{f', {c.reason}' if c.reason else ''}."
        for c in task.containers
        if c.exit_code is not None or c.reason
    ]
    sentences += [_served(target) for target in backend.targets.get(task.task_arn, ())]
    waiting = backend.context.journal.read(kind="container.waits", subject=task.task_arn)
    if waiting and task.last_status is TaskStatus.ACTIVATING:
        sentences.append(waiting[-1].text)
    return Why(subject=task.task_arn, sentences=tuple(sentences), rows=_rows(chosen[-1:]))


def _launched(backend: Any, task: Task) -> list[str]:
    """The launch of a managed instance that was made for a task."""
    entries = backend.context.journal.read(kind="capacity.launched")
    return [f"{e.text[0].upper()}{e.text[1:]}." for e in entries if task.task_arn in e.data["tasks"]][-1:]


def _of_instance(backend: Any, subject: str) -> Why | None:
    """Why an instance of Managed Instances came, what became of it, and why it went."""
    journal = backend.context.journal
    joined = (e for e in journal.read(kind="instance.registered") if subject in (e.subject, e.data["instance"]))
    found = next(joined, None) or next(
        (e for e in journal.read(kind="instance.registered") if e.subject.endswith(f"/{subject}")), None
    )
    if found is None:
        return None
    kinds = ("capacity.launched", "capacity.terminated", "spot.interrupted")
    about = [e for kind in kinds for e in journal.read(kind=kind) if found.data["instance"] in e.text]
    own = [*about, found, *journal.read(kind="instance.status", subject=found.subject)]
    told = [f"{e.text[0].upper()}{e.text[1:]}." for e in sorted(own, key=lambda e: e.number)]
    return Why(subject=found.subject, sentences=tuple(told))


def _served(target: Target) -> str:
    description = target.words[1]
    why = f" ({description})" if description else ""
    return f"It is registered as {target.target_id}:{target.port} in {target.target_group}: {target.state}{why}."


def _placed(entry: Entry) -> str:
    counts = entry.data["counts"]
    return f"{entry.text}: {counts.get(FITS, 0)} of {sum(counts.values())} instances had room for it."


def _of_service(backend: Any, service: Service) -> Why:
    tasks = [
        t
        for t in backend.store.tasks_of_service(service.cluster_name, service.service_name)
        if t.desired_status is DesiredStatus.RUNNING
    ]
    running = sum(t.last_status is TaskStatus.RUNNING for t in tasks)
    sentences = [
        f"Service {service.service_name} is {service.status}: {service.desired_count} tasks wanted, {running} running."
    ]
    sentences += [f"It last said: {event.message}" for event in service.events[:1]]
    failed = backend.context.journal.read(kind="placement.failed", subject=service.service_arn)[-1:]
    if failed and running < service.desired_count:
        sentences.append(_unplaced(failed[0]))
    stopped = [
        t
        for t in backend.store.tasks_of_service(service.cluster_name, service.service_name)
        if t.last_status is TaskStatus.STOPPED and t.stopped_reason
    ]
    if stopped:
        sentences.append(f"The last task that stopped ({stopped[-1].task_id[:8]}): {stopped[-1].stopped_reason}.")
    return Why(subject=service.service_arn, sentences=tuple(sentences), rows=_rows(failed))


def _unplaced(entry: Entry) -> str:
    reasons = entry.data["counts"]
    counted = ", ".join(f"{count} said {reason}" for reason, count in reasons.items())
    return f"The last try to place a task found no instance: of {sum(reasons.values())}, {counted or 'none was there'}."


def _rows(entries: tuple[Entry, ...]) -> tuple[dict[str, str], ...]:
    return tuple(row for entry in entries for row in entry.data["rows"])
