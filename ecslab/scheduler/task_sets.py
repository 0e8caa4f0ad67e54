"""Services of the EXTERNAL and CODE_DEPLOY deployment controllers: each task set is kept at its share. Pure.

ECS decides nothing about such a deployment but the tasks of each set: whoever controls it scales the sets, says which
is primary and deletes the old one. Invariants (property tests hold them): no task set is ever started beyond
ceil(desiredCount × scale / 100), and from any state every set converges to it.
Source: Amazon ECS API Reference, TaskSet (computedDesiredCount, stabilityStatus).
"""

from __future__ import annotations

from dataclasses import replace

from ecslab.model.plan import Plan
from ecslab.model.service import Service
from ecslab.model.status import HealthStatus, TaskStatus
from ecslab.model.task_sets import Stability, TaskSet, TaskSetStatus
from ecslab.scheduler.placement import Pick
from ecslab.scheduler.starts import placement_events
from ecslab.scheduler.upkeep import Care, keep, tasks_of
from ecslab.scheduler.view import PLACEMENT_RETRY, View

STEADY = "(task set {id}) has reached a steady state."


def runs_task_sets(service: Service) -> bool:
    """Whether what the service runs is its task sets'."""
    return service.deployment_controller["type"] != "ECS"


def plan_sets(view: View, pick: Pick) -> Plan:
    """The next step of every task set of a service."""
    cares: list[Care] = []
    for task_set in view.service.task_sets:
        started = any(care.starts for care in cares)
        wanted = task_set.wanted(view.service.desired_count)
        cares.append(keep(view, task_set.work, wanted, None if started else pick))
    sets, events = [], []
    for task_set, care in zip(view.service.task_sets, cares, strict=True):
        if _is_gone(view, task_set):
            continue
        after = _judged(view, task_set, care)
        steady = after.stability_status is Stability.STEADY_STATE
        if steady and task_set.stability_status is not Stability.STEADY_STATE:
            events.append(STEADY.format(id=task_set.id))
        sets.append(after)
    unplaced = [placement for care in cares for placement in care.unplaced]
    settled = all(s.stability_status is Stability.STEADY_STATE for s in sets)
    return Plan(
        service=replace(view.service, task_sets=tuple(sets), steady=settled),
        starts=tuple(start for care in cares for start in care.starts),
        stops=tuple(stop for care in cares for stop in care.stops),
        unplaced=tuple(unplaced),
        events=(*placement_events(view.service, unplaced), *events),
        recheck_at=_recheck(view, bool(unplaced)),
    )


def _is_gone(view: View, task_set: TaskSet) -> bool:
    """Whether a deleted task set has no task any more."""
    left = any(t.deployment_id == task_set.id for t in (*view.live, *view.leaving))
    return task_set.status is TaskSetStatus.DRAINING and not left


def _judged(view: View, task_set: TaskSet, care: Care) -> TaskSet:
    stability = Stability.STEADY_STATE if care.idle and is_steady(view, task_set) else Stability.STABILIZING
    if stability is task_set.stability_status:
        return task_set
    return replace(task_set, stability_status=stability, stability_status_at=view.now)


def is_steady(view: View, task_set: TaskSet) -> bool:
    """Running as many as computed, none pending, none on a DRAINING instance, every health check passing."""
    mine = tasks_of(view, task_set.id)
    fit = [
        t
        for t in mine
        if t.last_status is TaskStatus.RUNNING
        and t.container_instance_arn not in view.draining
        and (t.health_status is HealthStatus.HEALTHY if view.is_checked(t) else True)
    ]
    return len(fit) == len(mine) == task_set.wanted(view.service.desired_count)


def _recheck(view: View, unplaced: bool) -> float | None:
    times = [t.work.retry_at for t in view.service.task_sets if t.work.retry_at > view.now]
    times += [t.protected_until for t in view.live if t.protected_until is not None and t.is_protected(view.now)]
    if unplaced:
        times.append(view.now + PLACEMENT_RETRY)
    return min(times, default=None)
