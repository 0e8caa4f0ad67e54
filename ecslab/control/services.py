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
from ecslab.aws.ecs.task_tags import FROM_DEFINITION, FROM_SERVICE, managed_tags, merged_tags
from ecslab.control import grace
from ecslab.control.deployments import note_progress
from ecslab.errors import ApiError
from ecslab.model.arn import last_part
from ecslab.model.definition import TaskDefinition
from ecslab.model.plan import Placement, Plan, ServiceSnapshot, Start, Stop
from ecslab.model.service import Deployment, Service, wished
from ecslab.model.status import LaunchType, ServiceStatus, StopCode, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler.decisions import explained
from ecslab.scheduler.placement import Demand
from ecslab.scheduler.services import CONSISTENTLY, THROTTLE_AFTER, plan, throttle_pause
from ecslab.scheduler.starts import demand_of
from ecslab.scheduler.upkeep import deployed_as
from ecslab.scheduler.view import UNHEALTHY, UNHEALTHY_TARGET

FAILED_CHECKS = (UNHEALTHY, UNHEALTHY_TARGET.partition(" in (")[0])
"""Stop reasons of tasks that ran, and failed a health check."""
REPEATED = 6 * 3600.0
"""Lab seconds within which the same event is not written twice in a row (facts: service_event_meta)."""


def snapshot(backend: Any, service: Service, tasks: tuple[Task, ...], sick: Mapping[str, str]) -> ServiceSnapshot:
    """The service with its tasks as its load balancers see them and, where instances matter, its cluster's room."""
    store = backend.store
    used = {d.task_definition for d in service.works} | {t.task_definition_arn for t in tasks}
    rooms = (
        () if service.launches_on is LaunchType.FARGATE and not service.task_sets else store.rooms(service.cluster_name)
    )
    return ServiceSnapshot(
        service=service,
        tasks=grace.as_seen(service, tasks, backend.context.now()),
        definitions={arn: store.definitions[arn] for arn in used},
        rooms=rooms,
        zones=interfaces.zones_of(backend.place, _network(service)),
        in_alarm=_in_alarm(backend, service),
        sick=sick,
        hook_answers=backend.hook_answers,
        unavailable=backend.unavailable(),
        managed=backend.managed(),
    )


def _network(service: Service) -> Mapping[str, Any] | None:
    """The network its next tasks are in: the service's, or its newest task set's."""
    return service.task_sets[-1].network_configuration if service.task_sets else service.network_configuration


def _in_alarm(backend: Any, service: Service) -> frozenset[str]:
    alarms = service.deployment_configuration.alarms
    return cloudwatch.in_alarm(backend.place, alarms.alarm_names) if alarms is not None else frozenset()


def reconcile(backend: Any, service: Service) -> float | None:
    """Plan one service and commit the plan; the time at which to look again at the latest, or None."""
    if service.status is ServiceStatus.INACTIVE:
        return None
    now = backend.context.now()
    alive = backend.store.alive_of_service(service.cluster_name, service.service_name)
    tasks, sick = backend.balance(service, alive)
    spared = grace.next_look(service, tasks, now)
    decided = plan(snapshot(backend, service, tasks, sick), now, backend.context.random.choice)
    commit(backend, decided)
    return min((at for at in (decided.recheck_at, spared) if at is not None), default=None)


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
    note_progress(backend, service)
    _note_changed(backend, service)
    backend.store.put_service(service)
    if service.status is ServiceStatus.INACTIVE:
        backend.note("service.inactive", service.service_arn, f"service {service.service_name} is INACTIVE")


def _note_changed(backend: Any, service: Service) -> None:
    """Journal what the scheduler itself wishes of a service now: a rollback, or a daemon on another instance."""
    known = backend.store.service(service.cluster_name, service.service_name)
    if known is not None and wished(known) != wished(service):
        what = f"{service.desired_count} tasks of {last_part(service.task_definition)}"
        text = f"service {service.service_name} is now to run {what}"
        backend.note("service.changed", service.service_arn, text, **wished(service))


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
    return service.with_works({d.id: _failed(d, now) for d in service.works if d.id in refused})


def _names(tasks: Sequence[Task]) -> str:
    return " ".join(f"(task {t.task_id})" for t in tasks)


def _start(backend: Any, service: Service, start: Start) -> Task:
    mine = next((d for d in service.works if d.id == start.deployment_id), None)
    service = deployed_as(service, mine) if mine is not None else service
    definition = backend.store.definitions[start.task_definition]
    check_roles(backend.place, backend.context, service.cluster_name, definition, {})
    task: Task = backend.add_task(
        definition,
        start.placement.instance_arn or None,
        cluster=service.cluster_name,
        launch_type=_launch_type(backend, service),
        capacity_provider_name=start.provider,
        zone=start.zone,
        waits_for=_demand(backend, service, definition) if start.placement.instance_arn is None else None,
        group=f"service:{service.service_name}",
        started_by=start.deployment_id,
        service_name=service.service_name,
        deployment_id=start.deployment_id,
        network=service.network_configuration,
        enable_execute_command=service.enable_execute_command,
        tags=_tags(backend, service, definition),
    )
    backend.note_placed(task, start.placement)
    return task


def _launch_type(backend: Any, service: Service) -> LaunchType:
    strategy = service.capacity_provider_strategy
    found: LaunchType = backend.launch_on(strategy) if strategy else service.launches_on
    return found


def _demand(backend: Any, service: Service, definition: TaskDefinition) -> Demand:
    return demand_of(service, definition, interfaces.zones_of(backend.place, service.network_configuration))


def _tags(backend: Any, service: Service, definition: TaskDefinition) -> tuple[Mapping[str, str], ...]:
    """What a task of the service inherits, and ECS's managed tags."""
    record = backend.task_definitions.get(definition.family, {}).get(definition.revision)
    of_definition = (record.tags or ()) if record is not None else ()
    inherited = {FROM_SERVICE: service.tags, FROM_DEFINITION: of_definition}.get(service.propagate_tags, ())
    managed = managed_tags(service.cluster_name, service.service_name) if service.enable_ecs_managed_tags else ()
    return merged_tags(inherited, managed)


def _stop(backend: Any, stop: Stop) -> Task | None:
    task = backend.store.task(stop.task_arn)
    if task is None or task.last_status is TaskStatus.STOPPED:
        return None
    stopped: Task = backend.wish_stopped(task, StopCode.SERVICE_SCHEDULER_INITIATED, stop.reason)
    return stopped


def _note_unplaced(backend: Any, service: Service, placement: Placement) -> None:
    text = f"no instance had room for a task of service {service.service_name}"
    backend.note(
        "placement.failed",
        service.service_arn,
        text,
        service=service.service_name,
        **explained(placement),
    )


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
    mine = next((d for d in service.works if d.id == task.deployment_id), None)
    if mine is None:
        return
    changed = _counted(mine, task, backend.context.now())
    if changed is mine:
        return
    service = service.with_works({mine.id: changed})
    if changed.failed_in_a_row == THROTTLE_AFTER:
        service = _say_once(backend, service, CONSISTENTLY)
    backend.store.put_service(service)


def _counted(deployment: Deployment, task: Task, now: float) -> Deployment:
    if task.last_status is TaskStatus.RUNNING:
        return replace(deployment, failed_in_a_row=0, retry_at=0.0) if deployment.failed_in_a_row else deployment
    if (task.stopped_reason or "").startswith(FAILED_CHECKS):
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
