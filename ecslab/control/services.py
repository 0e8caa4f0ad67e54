"""The service loop: asks the scheduler for a plan and writes it down.

It thinks nothing of its own: what to start and stop is ``ecslab.scheduler.services.plan``. Here a plan is
committed (tasks recorded, events written in AWS's words) and start failures are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecslab.aws import cloudwatch, interfaces
from ecslab.aws.ecs.roles import check_roles
from ecslab.errors import ApiError
from ecslab.model.definition import TaskDefinition
from ecslab.model.plan import Placement, Plan, ServiceSnapshot, Start, Stop
from ecslab.model.service import Deployment, Service
from ecslab.model.status import LaunchType, ServiceStatus, StopCode, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler.placement import Demand
from ecslab.scheduler.services import CONSISTENTLY, THROTTLE_AFTER, UNHEALTHY, plan, throttle_pause
from ecslab.scheduler.starts import demand_of

REPEATED = 6 * 3600.0
"""Lab seconds within which the same event is not written twice in a row (facts: service_event_meta)."""


def snapshot(backend: Any, service: Service) -> ServiceSnapshot:
    """The service with its tasks and, where instances matter, the room in its cluster."""
    store = backend.store
    tasks = tuple(
        t
        for t in store.tasks_of_service(service.cluster_name, service.service_name)
        if t.last_status is not TaskStatus.STOPPED
    )
    used = {d.task_definition for d in service.deployments} | {t.task_definition_arn for t in tasks}
    rooms = () if service.launches_on is LaunchType.FARGATE else store.rooms(service.cluster_name)
    return ServiceSnapshot(
        service=service,
        tasks=tasks,
        definitions={arn: store.definitions[arn] for arn in used},
        rooms=rooms,
        zones=interfaces.zones_of(backend.place, service.network_configuration),
        in_alarm=_in_alarm(backend, service),
        unavailable=backend.unavailable(),
        managed=backend.managed(),
    )


def _in_alarm(backend: Any, service: Service) -> frozenset[str]:
    alarms = service.deployment_configuration.alarms
    return cloudwatch.in_alarm(backend.place, alarms.alarm_names) if alarms is not None else frozenset()


def reconcile(backend: Any, service: Service) -> float | None:
    """Plan one service and commit the plan; the time at which to look again at the latest, or None."""
    if service.status is ServiceStatus.INACTIVE:
        return None
    decided = plan(snapshot(backend, service), backend.context.now(), backend.context.random.choice)
    commit(backend, decided)
    return decided.recheck_at


def commit(backend: Any, decided: Plan) -> None:
    """Write a plan down: tasks to start and stop, events, the service as it then is."""
    service = decided.service
    started, refused = _start_all(backend, service, decided.starts)
    stopped = [task for stop in decided.stops if (task := _stop(backend, stop)) is not None]
    for placement in decided.unplaced:
        _note_unplaced(backend, service, placement)
    if started:
        service = backend.add_event(service, f"has started {len(started)} tasks: {_names(started)}.")
    if stopped:
        service = backend.add_event(service, f"has stopped {len(stopped)} running tasks: {_names(stopped)}.")
    for message in (*decided.events, *refused.values()):
        service = _say_once(backend, service, message)
    service = _throttle(service, refused, backend.context.now())
    backend.store.put_service(service)
    if service.status is ServiceStatus.INACTIVE:
        backend.note("service.inactive", service.service_arn, f"service {service.service_name} is INACTIVE")


def _start_all(backend: Any, service: Service, starts: Sequence[Start]) -> tuple[list[Task], dict[str, str]]:
    """The tasks started, and for each deployment whose tasks may not start, the event that says why."""
    started: list[Task] = []
    refused: dict[str, str] = {}
    for start in starts:
        try:
            if start.deployment_id not in refused:
                started.append(_start(backend, service, start))
        except ApiError as problem:
            refused[start.deployment_id] = f"failed to launch a task with (error {problem.message})."
    return started, refused


def _throttle(service: Service, refused: Mapping[str, str], now: float) -> Service:
    """Deployments that may start nothing wait, as those do whose tasks fail to start."""
    if not refused:
        return service
    waiting = tuple(_failed(d, now) if d.id in refused else d for d in service.deployments)
    return replace(service, deployments=waiting)


def _names(tasks: Sequence[Task]) -> str:
    return " ".join(f"(task {t.task_id})" for t in tasks)


def _start(backend: Any, service: Service, start: Start) -> Task:
    definition = backend.store.definitions[start.task_definition]
    check_roles(backend.place, backend.context, service.cluster_name, definition, {})
    tags = service.tags if service.propagate_tags == "SERVICE" else ()
    task: Task = backend.add_task(
        definition,
        start.placement.instance_arn or None,
        cluster=service.cluster_name,
        launch_type=service.launches_on,
        capacity_provider_name=start.provider,
        waits_for=_demand(backend, service, definition) if start.placement.instance_arn is None else None,
        group=f"service:{service.service_name}",
        started_by=start.deployment_id,
        service_name=service.service_name,
        deployment_id=start.deployment_id,
        network=service.network_configuration,
        enable_execute_command=service.enable_execute_command,
        tags=tags,
    )
    if start.placement.instance_arn is not None and start.placement.verdicts:
        chosen = next(v for v in start.placement.verdicts if v.instance_arn == start.placement.instance_arn)
        backend.note(
            "placement.chosen",
            task.task_arn,
            f"task {task.task_id[:8]} was placed on {chosen.ec2_instance_id}",
            service=service.service_name,
            rows=rows(start.placement),
        )
    return task


def _demand(backend: Any, service: Service, definition: TaskDefinition) -> Demand:
    return demand_of(service, definition, interfaces.zones_of(backend.place, service.network_configuration))


def _stop(backend: Any, stop: Stop) -> Task | None:
    task = backend.store.task(stop.task_arn)
    if task is None or task.last_status is TaskStatus.STOPPED:
        return None
    stopped: Task = backend.wish_stopped(task, StopCode.SERVICE_SCHEDULER_INITIATED, stop.reason)
    return stopped


def rows(placement: Placement) -> list[dict[str, str]]:
    """A placement's verdicts for the journal: one row per instance."""
    return [
        {
            "instance": v.ec2_instance_id,
            "verdict": "chosen" if v.instance_arn == placement.instance_arn else v.reason or "fits",
            "reason": v.detail,
        }
        for v in placement.verdicts
    ]


def _note_unplaced(backend: Any, service: Service, placement: Placement) -> None:
    text = f"no instance had room for a task of service {service.service_name}"
    backend.note("placement.failed", service.service_arn, text, service=service.service_name, rows=rows(placement))


def _say_once(backend: Any, service: Service, message: str) -> Service:
    last = service.events[0] if service.events else None
    said = f"(service {service.service_name}) {message}"
    if last and last.message == said and backend.context.now() - last.created_at < REPEATED:
        return service
    with_event: Service = backend.add_event(service, message)
    return with_event


def count_start(backend: Any, task: Task) -> None:
    """A task of a service runs or has failed to start: keep the deployment's failures in a row.

    Only tasks that stop without ever running count (facts: service_event_meta); one that runs clears the row.
    """
    service = backend.store.service(task.cluster_name, task.service_name)
    if service is None or service.status is not ServiceStatus.ACTIVE:
        return
    mine = next((d for d in service.deployments if d.id == task.deployment_id), None)
    if mine is None:
        return
    changed = _counted(mine, task, backend.context.now())
    if changed is mine:
        return
    deployments = tuple(changed if d.id == mine.id else d for d in service.deployments)
    service = replace(service, deployments=deployments)
    if changed.failed_in_a_row == THROTTLE_AFTER:
        service = _say_once(backend, service, CONSISTENTLY)
    backend.store.put_service(service)


def _counted(deployment: Deployment, task: Task, now: float) -> Deployment:
    if task.last_status is TaskStatus.RUNNING:
        return replace(deployment, failed_in_a_row=0, retry_at=0.0) if deployment.failed_in_a_row else deployment
    if task.stopped_reason == UNHEALTHY:
        return replace(
            deployment,
            failed_tasks=deployment.failed_tasks + 1,
            breaker_failures=deployment.breaker_failures + 1,
        )
    if task.started_at is not None or task.stop_code is StopCode.SERVICE_SCHEDULER_INITIATED:
        return deployment
    return _failed(deployment, now)


def _failed(deployment: Deployment, now: float) -> Deployment:
    failures = deployment.failed_in_a_row + 1
    return replace(
        deployment,
        failed_tasks=deployment.failed_tasks + 1,
        failed_in_a_row=failures,
        breaker_failures=deployment.breaker_failures + 1,
        retry_at=now + throttle_pause(failures),
    )
