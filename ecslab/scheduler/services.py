"""What a service needs next: tasks to start, tasks to stop, and what to say about it.

Pure and level-triggered: ``plan(snapshot, now, pick)`` looks at the whole service and answers with one step
towards the desired state; applied again and again it converges. It starts nothing and reads no clock.

Invariants (property tests hold them): during a deployment the healthy tasks never fall below
ceil(desired × minimumHealthyPercent / 100) because of a stop planned here, and the tasks never exceed
floor(desired × maximumPercent / 100) because of a start planned here.
Source: Amazon ECS Developer Guide, "Rolling update" and "Service definition parameters"; facts §6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecslab.model.plan import Placement, Plan, ServiceSnapshot, Start, Stop
from ecslab.model.service import Deployment, Service
from ecslab.model.status import (
    ContainerInstanceStatus,
    DeploymentStatus,
    DesiredStatus,
    HealthStatus,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
    TaskStatus,
)
from ecslab.model.task import Task
from ecslab.scheduler import breaker
from ecslab.scheduler.placement import Pick
from ecslab.scheduler.starts import find_starts, placement_events

HEALTHY_AFTER = 40.0
"""Seconds in RUNNING after which a task without health check and load balancer counts as healthy (facts: rolling)."""
PLACEMENT_RETRY = 15.0
"""Seconds until a task that found no instance is tried again (AWS documents none; a choice of this lab)."""
THROTTLE_AFTER = 3
"""Start failures in a row before starts are spaced out (AWS documents none; a choice of this lab)."""
THROTTLE_MAX = 900.0
"""The longest pause between two starts: 15 minutes (facts: service_event_meta)."""

CONSISTENTLY = "is unable to consistently start tasks successfully."
DEADLOCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
    "Update the minimumHealthyPercent or maximumPercent value and try again."
)
UNHEALTHY = "Task failed container health checks"
PROTECTED = (
    "was unable to reach steady state because task set ({deployment}) was unable to scale in. "
    "Reason: The number of protected tasks are more than the desired count of tasks."
)
STEADY = "has reached a steady state."


def throttle_pause(failures: int) -> float:
    """Seconds to wait before the next start after so many start failures in a row; at most 15 minutes."""
    return 0.0 if failures < THROTTLE_AFTER else min(THROTTLE_MAX, 10.0 * 2.0 ** (failures - THROTTLE_AFTER))


def plan(snapshot: ServiceSnapshot, now: float, pick: Pick) -> Plan:
    """The next step of one service."""
    view = _View(snapshot, now)
    if view.service.status is not ServiceStatus.ACTIVE:
        return _drain(view)
    failure = breaker.judge(view.service, snapshot.in_alarm, now)
    if failure is not None:
        return Plan(service=failure.service, events=failure.events, recheck_at=now)
    if view.service.scheduling_strategy is SchedulingStrategy.DAEMON:
        return _daemon(view, pick)
    return _replica(view, pick)


class _View:
    """A snapshot with the counts that every rule needs."""

    def __init__(self, snapshot: ServiceSnapshot, now: float) -> None:
        self.now = now
        self.snapshot = snapshot
        self.service = snapshot.service
        self.primary = snapshot.service.primary if snapshot.service.deployments else None
        self.definitions = snapshot.definitions
        self.rooms = list(snapshot.rooms)
        self.zones = snapshot.zones
        self.live = [t for t in snapshot.tasks if t.desired_status is DesiredStatus.RUNNING]
        self.leaving = [t for t in snapshot.tasks if t.desired_status is DesiredStatus.STOPPED]
        self.current = current = self.primary.id if self.primary else None
        draining = {r.instance.arn for r in self.rooms if r.instance.status is ContainerInstanceStatus.DRAINING}
        self.old = [t for t in self.live if t.deployment_id != current or t.container_instance_arn in draining]
        outdated = {t.task_arn for t in self.old}
        self.new = [t for t in self.live if t.task_arn not in outdated]
        self.healthy = {t.task_arn for t in self.live if self.is_healthy(t)}
        if self.primary is not None:
            self.service = breaker.heal(self.service, self.count_healthy(self.new))
            self.primary = self.service.primary

    def is_healthy(self, task: Task) -> bool:
        """Whether a task counts for minimumHealthyPercent.

        In the newest deployment: HEALTHY where a health check is defined, else RUNNING for 40 seconds. In an older
        one: RUNNING and not found UNHEALTHY, so that a rollout never takes away what has only just started.
        """
        if task.last_status is not TaskStatus.RUNNING or task.health_status is HealthStatus.UNHEALTHY:
            return False
        if task.deployment_id != self.current:
            return True
        if self._checked(task):
            return task.health_status is HealthStatus.HEALTHY
        return self.now >= self.healthy_from(task)

    def healthy_from(self, task: Task) -> float:
        return (self.now if task.started_at is None else task.started_at) + HEALTHY_AFTER

    def _checked(self, task: Task) -> bool:
        definition = self.definitions.get(task.task_definition_arn)
        return definition is not None and any(c.health_check and c.essential for c in definition.containers)

    def count_healthy(self, tasks: Sequence[Task]) -> int:
        return sum(t.task_arn in self.healthy for t in tasks)

    def next_healthy(self) -> float | None:
        """When the next running task becomes healthy by waiting alone."""
        waits = [
            self.healthy_from(t)
            for t in self.live
            if t.last_status is TaskStatus.RUNNING and t.task_arn not in self.healthy and not self._checked(t)
        ]
        return min(waits, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    starts: int
    stops: tuple[Stop, ...]
    deadlocked: bool = False


def _replica(view: _View, pick: Pick) -> Plan:
    counts = _replica_counts(view)
    starts, unplaced = _place(view, [None] * counts.starts, pick)
    return _conclude(view, starts, unplaced, counts, desired=view.service.desired_count)


def _replica_counts(view: _View) -> _Counts:
    service, desired = view.service, view.service.desired_count
    bounds = service.deployment_configuration
    if breaker.stalled(service):
        return _Counts(starts=0, stops=tuple(_scale_in(view, view.live, len(view.live) - desired)))
    sick = [t for t in view.new if t.health_status is HealthStatus.UNHEALTHY]
    good = [t for t in view.new if t.health_status is not HealthStatus.UNHEALTHY]
    missing = max(0, desired - len(good))
    starts = max(0, min(missing, max(bounds.upper(desired), desired if not view.old else 0) - len(view.live)))
    starts = _throttled(view, starts)
    healthy_new = view.count_healthy(good)
    spare = view.count_healthy(view.live) - bounds.lower(desired)
    stops = list(_scale_in(view, good, len(good) - desired))
    throttled = view.now < _retry_at(view)
    waiting_for_room = 0 if throttled else missing - starts
    wanted = max(len(view.old) - max(0, desired - healthy_new), min(waiting_for_room, len(view.old)))
    stops += _retire(view, view.old, wanted, spare - sum(s.task_arn in view.healthy for s in stops), _moved(view))
    stops += _retire_sick(view, sick, starts)
    may_change = starts or stops or throttled or view.leaving or _moving(view)
    protected = any(task.is_protected(view.now) for task in view.old)
    deadlocked = bool(view.old) and missing > 0 and not may_change and not protected
    return _Counts(starts=starts, stops=tuple(stops), deadlocked=deadlocked)


def _retry_at(view: _View) -> float:
    return view.primary.retry_at if view.primary else 0.0


def _throttled(view: _View, starts: int) -> int:
    if view.now < _retry_at(view):
        return 0
    failing = view.primary is not None and view.primary.failed_in_a_row >= THROTTLE_AFTER
    return min(starts, 1) if failing else starts


def _moving(view: _View) -> bool:
    """Whether some task is still on its way to be healthy, so that waiting may help."""
    return any(t.task_arn not in view.healthy and t.health_status is not HealthStatus.UNHEALTHY for t in view.new)


def _moved(view: _View) -> str:
    return (
        f"Scaling activity initiated by (deployment {view.primary.id if view.primary else view.service.service_name})"
    )


def _scale_in(view: _View, tasks: Sequence[Task], surplus: int) -> Sequence[Stop]:
    """Stop those not yet running first, then from the instance with the most tasks, then the newest."""
    tasks = [task for task in tasks if not task.is_protected(view.now)]
    if surplus <= 0:
        return ()
    crowd: dict[str | None, int] = {}
    for task in tasks:
        crowd[task.container_instance_arn] = crowd.get(task.container_instance_arn, 0) + 1
    order = sorted(
        tasks,
        key=lambda t: (
            t.last_status is TaskStatus.RUNNING,
            -crowd[t.container_instance_arn],
            -t.created_at,
            t.task_arn,
        ),
    )
    return tuple(Stop(task_arn=t.task_arn, reason=_moved(view)) for t in order[:surplus])


def _retire(view: _View, tasks: Sequence[Task], wanted: int, spare: int, reason: str) -> list[Stop]:
    """Stop up to ``wanted`` of ``tasks``: unhealthy ones freely, healthy ones only out of ``spare``."""
    stops: list[Stop] = []
    free = [task for task in tasks if not task.is_protected(view.now)]
    for task in sorted(free, key=lambda t: (t.task_arn in view.healthy, t.created_at, t.task_arn)):
        costs = task.task_arn in view.healthy
        if len(stops) >= wanted or (costs and spare <= 0):
            break
        spare -= costs
        stops.append(Stop(task_arn=task.task_arn, reason=reason))
    return stops


def _retire_sick(view: _View, sick: Sequence[Task], starts: int) -> list[Stop]:
    """Unhealthy tasks go once their replacements are healthy, or at once where there is no room to start first."""
    replaced = view.count_healthy(view.new) >= view.service.desired_count
    if not sick or (not replaced and (starts or _moving(view))):
        return []
    return [Stop(task_arn=t.task_arn, reason=UNHEALTHY) for t in sick]


def _daemon(view: _View, pick: Pick) -> Plan:
    """One task on every ACTIVE instance: the old one makes way first, within minimumHealthyPercent."""
    eligible = [room for room in view.rooms if room.instance.status == "ACTIVE"]
    wanted = {room.instance.arn for room in eligible}
    stays = {t.container_instance_arn for t in view.new}
    occupied = {t.container_instance_arn for t in (*view.live, *view.leaving)}
    spare = view.count_healthy(view.live) - view.service.deployment_configuration.lower(len(wanted))
    outdated = [t for t in view.old if t.container_instance_arn not in stays]
    stops = [
        Stop(task_arn=t.task_arn, reason=_moved(view)) for t in view.live if t.container_instance_arn not in wanted
    ]
    stops += _retire(view, outdated, len(outdated), spare, _moved(view))
    free = [
        room.instance.arn for room in eligible if room.instance.agent_connected and room.instance.arn not in occupied
    ]
    targets = free if view.now >= _retry_at(view) else []
    starts, unplaced = _place(view, targets, pick)
    counts = _Counts(starts=len(starts), stops=tuple({s.task_arn: s for s in stops}.values()))
    return _conclude(view, starts, unplaced, counts, desired=len(wanted))


def _place(view: _View, targets: Sequence[str | None], pick: Pick) -> tuple[list[Start], list[Placement]]:
    if view.primary is None or breaker.stalled(view.service):
        return [], []
    return find_starts(view.snapshot, view.new, targets, pick)


def _conclude(view: _View, starts: list[Start], unplaced: list[Placement], counts: _Counts, *, desired: int) -> Plan:
    idle = not starts and not counts.stops and not unplaced
    settled = idle and not view.old and len(view.new) == desired and _all_running(view)
    events = [*placement_events(view.service, unplaced), *([DEADLOCK] if counts.deadlocked else [])]
    if sum(task.is_protected(view.now) for task in view.new) > desired:
        events.append(PROTECTED.format(deployment=view.current))
    service, completed = _roll_out(view, settled, desired)
    if settled and not view.leaving and not service.steady:
        events.append(STEADY)
    service = replace(service, steady=settled and not view.leaving, desired_count=desired)
    return Plan(
        service=service,
        starts=tuple(starts),
        stops=counts.stops,
        unplaced=tuple(unplaced),
        events=(*events, *completed),
        recheck_at=_recheck(view, bool(unplaced)),
    )


def _all_running(view: _View) -> bool:
    return all(
        t.last_status is TaskStatus.RUNNING and (t.health_status is not HealthStatus.UNHEALTHY) for t in view.new
    )


def _recheck(view: _View, unplaced: bool) -> float | None:
    times = [t for t in (view.next_healthy(), _retry_at(view) if _retry_at(view) > view.now else None) if t]
    times += [t.protected_until for t in view.live if t.protected_until is not None and t.is_protected(view.now)]
    if unplaced:
        times.append(view.now + PLACEMENT_RETRY)
    return min(times, default=None)


def _roll_out(view: _View, settled: bool, desired: int) -> tuple[Service, tuple[str, ...]]:
    """Drop deployments that have no task left, and complete the primary once all its tasks are healthy."""
    service = view.service
    alive = {t.deployment_id for t in (*view.live, *view.leaving)}
    keep = tuple(d for d in service.deployments if d.status is DeploymentStatus.PRIMARY or d.id in alive)
    service = replace(service, deployments=keep)
    primary = service.primary
    done = settled and len(keep) == 1 and view.count_healthy(view.new) == desired
    if not done or primary.rollout_state is not RolloutState.IN_PROGRESS:
        return service, ()
    finished: Deployment = replace(
        primary,
        rollout_state=RolloutState.COMPLETED,
        rollout_state_reason=f"ECS deployment {primary.id} completed.",
        updated_at=view.now,
    )
    service = replace(service, deployments=(finished, *keep[1:]), last_completed=finished)
    return service, (f"(deployment {primary.id}) deployment completed.",)


def _drain(view: _View) -> Plan:
    """A deleted service stops all its tasks and becomes INACTIVE when the last is gone."""
    stops = tuple(Stop(task_arn=t.task_arn, reason=_moved(view)) for t in view.live)
    gone = view.service.status is ServiceStatus.DRAINING and not view.live and not view.leaving
    service = replace(view.service, status=ServiceStatus.INACTIVE, deployments=()) if gone else view.service
    return Plan(service=service, stops=stops)
