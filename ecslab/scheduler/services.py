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
from ecslab.model.service import Service
from ecslab.model.status import (
    DeploymentStatus,
    HealthStatus,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
    TaskStatus,
)
from ecslab.model.task import Task
from ecslab.scheduler import bluegreen, breaker, progress, rebalancing, task_sets
from ecslab.scheduler.placement import Pick
from ecslab.scheduler.scale_in import surplus_of
from ecslab.scheduler.starts import Target, find_starts, placement_events
from ecslab.scheduler.view import HEALTHY_AFTER as HEALTHY_AFTER
from ecslab.scheduler.view import PLACEMENT_RETRY, View
from ecslab.scheduler.view import THROTTLE_AFTER as THROTTLE_AFTER

REBALANCE_RETRY = 60.0
"""Seconds until a rebalancing that found no room is tried again (AWS documents none; a choice of this lab)."""
THROTTLE_MAX = 900.0
"""The longest pause between two starts: 15 minutes (facts: service_event_meta)."""

CONSISTENTLY = "is unable to consistently start tasks successfully."
DEADLOCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
    "Update the minimumHealthyPercent or maximumPercent value and try again."
)
PROTECTED = (
    "was unable to reach steady state because task set ({deployment}) was unable to scale in. "
    "Reason: The number of protected tasks are more than the desired count of tasks."
)
STEADY = "has reached a steady state."


def throttle_pause(failures: int) -> float:
    """Seconds to wait before the next start after so many start failures in a row; at most 15 minutes."""
    return 0.0 if failures < THROTTLE_AFTER else min(THROTTLE_MAX, 10.0 * 2.0 ** (failures - THROTTLE_AFTER))


def plan(snapshot: ServiceSnapshot, now: float, pick: Pick) -> Plan:
    """The next step of one service, with the record of its newest service deployment brought up to date."""
    step = _step(snapshot, now, pick)
    return replace(step, service=progress.follow(step.service, snapshot.tasks, now))


def _step(snapshot: ServiceSnapshot, now: float, pick: Pick) -> Plan:
    view = View(snapshot, now)
    if view.service.status is not ServiceStatus.ACTIVE:
        return _drain(view)
    if task_sets.runs_task_sets(view.service):
        return task_sets.plan_sets(view, pick)
    failure = progress.requested_stop(view.service, now) or breaker.judge(view.service, snapshot.in_alarm, now)
    if failure is not None:
        return Plan(service=failure.service, events=failure.events, recheck_at=now)
    if bluegreen.shifting(view.service):
        return bluegreen.plan_shift(view, pick)
    if bluegreen.frozen(view.service):
        return bluegreen.hold(view)
    if view.service.scheduling_strategy is SchedulingStrategy.DAEMON:
        return _daemon(view, pick)
    return _replica(view, pick)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    starts: int
    stops: tuple[Stop, ...]
    deadlocked: bool = False


def _replica(view: View, pick: Pick) -> Plan:
    counts = _replica_counts(view)
    if counts.starts:
        starts, unplaced = _place(view, [Target()] * counts.starts, pick)
    else:
        starts, unplaced = _even_out(view, counts, pick), []
    return _conclude(view, starts, unplaced, counts, desired=view.service.desired_count)


def _even_out(view: View, counts: _Counts, pick: Pick) -> list[Start]:
    """Tasks started beyond the desired count, to be even; where their zones have no room, tried again later."""
    before = view.service
    zones = _rebalance(view, counts)
    starts, _ = _place(view, [Target(zone=zone) for zone in zones], pick)
    if zones and not starts:
        view.said.clear()
        view.service = replace(before, rebalancing=False, rebalance_at=view.now + REBALANCE_RETRY)
    return starts


def _replica_counts(view: View) -> _Counts:
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
    waits = service.rebalancing and not view.old and healthy_new < len(good)
    stops = [] if waits else _scale_in(view, good, len(good) - desired)
    throttled = view.now < _retry_at(view)
    waiting_for_room = 0 if throttled else missing - starts
    wanted = max(len(view.old) - max(0, desired - healthy_new), min(waiting_for_room, len(view.old)))
    stops += _retire(view, view.old, wanted, spare - sum(s.task_arn in view.healthy for s in stops), _moved(view))
    stops += _retire_sick(view, sick, starts)
    may_change = starts or stops or throttled or view.leaving or _moving(view)
    protected = any(task.is_protected(view.now) for task in view.old)
    deadlocked = bool(view.old) and missing > 0 and not may_change and not protected
    return _Counts(starts=starts, stops=tuple(stops), deadlocked=deadlocked)


def _rebalance(view: View, counts: _Counts) -> list[str]:
    """The zones in which a settled service starts tasks beyond its desired count, to be even."""
    service, desired = view.service, view.service.desired_count
    if service.availability_zone_rebalancing != rebalancing.ENABLED or len(view.new) != desired or view.old:
        return []
    zones = rebalancing.zones_of(view.snapshot)
    spread = rebalancing.count(view.new, zones)
    moves = rebalancing.moves(spread, zones)
    if service.rebalancing:
        view.service = replace(service, rebalancing=False)
        view.said += [] if moves else [rebalancing.sentence(spread, balanced=True)]
    settled = not (counts.stops or view.leaving) and view.count_healthy(view.new) == desired
    early = view.now < max(_retry_at(view), service.rebalance_at)
    if not moves or not settled or early or rebalancing.why_not(service):
        return []
    view.service = replace(view.service, rebalancing=True)
    view.said.append(rebalancing.sentence(spread, balanced=False))
    return moves[: service.deployment_configuration.upper(desired) - desired]


def _retry_at(view: View) -> float:
    return view.primary.retry_at if view.primary else 0.0


def _throttled(view: View, starts: int) -> int:
    if view.now < _retry_at(view):
        return 0
    failing = view.primary is not None and view.primary.failed_in_a_row >= THROTTLE_AFTER
    return min(starts, 1) if failing else starts


def _moving(view: View) -> bool:
    """Whether some task is still on its way to be healthy, so that waiting may help."""
    return any(t.task_arn not in view.healthy and t.health_status is not HealthStatus.UNHEALTHY for t in view.new)


def _moved(view: View) -> str:
    return (
        f"Scaling activity initiated by (deployment {view.primary.id if view.primary else view.service.service_name})"
    )


def _scale_in(view: View, tasks: Sequence[Task], surplus: int) -> list[Stop]:
    return [Stop(task_arn=t.task_arn, reason=_moved(view)) for t in surplus_of(tasks, surplus, view.now)]


def _retire(view: View, tasks: Sequence[Task], wanted: int, spare: int, reason: str) -> list[Stop]:
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


def _retire_sick(view: View, sick: Sequence[Task], starts: int) -> list[Stop]:
    """Unhealthy tasks go once their replacements are healthy, or at once where there is no room to start first."""
    replaced = view.count_healthy(view.new) >= view.service.desired_count
    if not sick or (not replaced and (starts or _moving(view))):
        return []
    return [Stop(task_arn=t.task_arn, reason=view.why_unhealthy(t)) for t in sick]


def _daemon(view: View, pick: Pick) -> Plan:
    """One task on every ACTIVE instance that is not managed: the old one makes way first, within minimumHealthyPercent.

    Managed Instances run tasks of capacity provider strategies only, which DAEMON services do not have."""
    eligible = [room for room in view.rooms if room.instance.status == "ACTIVE" and not room.instance.managed]
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
        Target(instance=room.instance.arn)
        for room in eligible
        if room.instance.agent_connected and room.instance.arn not in occupied
    ]
    targets = free if view.now >= _retry_at(view) else []
    starts, unplaced = _place(view, targets, pick)
    counts = _Counts(starts=len(starts), stops=tuple({s.task_arn: s for s in stops}.values()))
    return _conclude(view, starts, unplaced, counts, desired=len(wanted))


def _place(view: View, targets: Sequence[Target], pick: Pick) -> tuple[list[Start], list[Placement]]:
    if view.primary is None or breaker.stalled(view.service):
        return [], []
    return find_starts(view.snapshot, view.new, targets, pick)


def _conclude(view: View, starts: list[Start], unplaced: list[Placement], counts: _Counts, *, desired: int) -> Plan:
    idle = not starts and not counts.stops and not unplaced
    settled = idle and not view.old and len(view.new) == desired and _all_running(view)
    events = [*view.said, *placement_events(view.service, unplaced), *([DEADLOCK] if counts.deadlocked else [])]
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


def _all_running(view: View) -> bool:
    return all(
        t.last_status is TaskStatus.RUNNING
        and t.health_status is not HealthStatus.UNHEALTHY
        and (t.task_arn in view.healthy or t.deployment_id not in view.balanced)
        for t in view.new
    )


def _recheck(view: View, unplaced: bool) -> float | None:
    times = [t for t in (view.next_healthy(), _retry_at(view) if _retry_at(view) > view.now else None) if t]
    times += [t.protected_until for t in view.live if t.protected_until is not None and t.is_protected(view.now)]
    if unplaced:
        times.append(view.now + PLACEMENT_RETRY)
    return min(times, default=None)


def _roll_out(view: View, settled: bool, desired: int) -> tuple[Service, tuple[str, ...]]:
    """Drop deployments that have no task left, and complete the primary once all its tasks are healthy."""
    service = view.service
    alive = {t.deployment_id for t in (*view.live, *view.leaving)}
    keep = tuple(d for d in service.deployments if d.status is DeploymentStatus.PRIMARY or d.id in alive)
    service = replace(service, deployments=keep)
    primary = service.primary
    done = settled and len(keep) == 1 and view.count_healthy(view.new) == desired
    if not done or primary.rollout_state is not RolloutState.IN_PROGRESS:
        return service, ()
    return progress.complete(service, view.now)


def _drain(view: View) -> Plan:
    """A deleted service stops all its tasks and becomes INACTIVE when the last is gone."""
    stops = tuple(Stop(task_arn=t.task_arn, reason=_moved(view)) for t in view.live)
    gone = view.service.status is ServiceStatus.DRAINING and not view.live and not view.leaving
    service = view.service
    if gone:
        service = replace(service, status=ServiceStatus.INACTIVE, deployments=(), task_sets=())
    return Plan(service=service, stops=stops)
