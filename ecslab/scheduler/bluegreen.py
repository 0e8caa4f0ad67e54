"""Deployments that shift traffic: BLUE_GREEN, LINEAR and CANARY, stage by stage. Pure and level-triggered.

Blue is the revision that serves, green the one that is deployed beside it. ``plan_shift`` looks at the whole and gives
the next step; it moves no traffic itself: the weights it records are what a load balancer is to be told.
Invariants (property tests hold them): production weights always sum to 100, and so do test weights; green gets no
production traffic before as many of its tasks are healthy as are desired; blue keeps its tasks until green has all
the traffic and the bake time is over; from any state it converges to green, or back to blue.
Choices of this lab where AWS's documents are silent: a service's first deployment has no bake time (there is nothing to
go back to); hooks of a rollback are called and their answer is not waited for longer than they take.
Source: Amazon ECS Developer Guide, "Amazon ECS blue/green deployments", "… linear deployments", "… canary deployments";
API Reference, ServiceDeployment (lifecycleStage); facts: blue_green.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ecslab.model.deployment_settings import BEFORE_PRODUCTION, LifecycleStage
from ecslab.model.deployments import RevisionSummary, ServiceDeployment
from ecslab.model.plan import Plan
from ecslab.model.service import Deployment, Service
from ecslab.model.status import SchedulingStrategy
from ecslab.scheduler import breaker, hooks, progress
from ecslab.scheduler.placement import Pick
from ecslab.scheduler.starts import placement_events
from ecslab.scheduler.upkeep import Care, keep, tasks_of
from ecslab.scheduler.view import PLACEMENT_RETRY, View

Stage = LifecycleStage
STAGE_LIMIT = 24 * 3600.0
"""Seconds that a stage in which tasks come may take (facts: stage_max_h)."""
MOMENT = 3.0
"""Seconds that every stage takes at least, so that it can be seen (AWS documents none; a choice of this lab)."""
WHO = "ECS deployment lifecycle"
ORDER = tuple(LifecycleStage)
SERVING = ORDER.index(Stage.SCALE_UP)
"""From this stage on green is asked to have its tasks."""


def shifting(service: Service) -> bool:
    """Whether a deployment that shifts traffic is under way."""
    record = service.rollout
    return record is not None and not record.is_finished and _shifts(service, record)


def frozen(service: Service) -> bool:
    """Whether such a deployment was given up without going back: nothing is started, what runs stays."""
    record = service.rollout
    return record is not None and record.is_finished and _shifts(service, record) and breaker.stalled(service)


def _shifts(service: Service, record: ServiceDeployment) -> bool:
    replica = service.scheduling_strategy is SchedulingStrategy.REPLICA
    return replica and bool(service.deployments) and record.deployment_configuration.shifts_traffic


def hold(view: View) -> Plan:
    """A frozen service: each set of tasks only shrinks where fewer are desired."""
    cares = [keep(view, d, view.service.desired_count, None) for d in view.service.deployments]
    stops = tuple(stop for care in cares for stop in care.stops)
    return Plan(service=replace(view.service, steady=False), stops=stops)


def plan_shift(view: View, pick: Pick) -> Plan:
    """The next step of a deployment that shifts traffic, forward or back."""
    record = view.service.rollout
    assert record is not None
    forward = view.service.primary.id == record.target_service_revision.deployment_id
    record, trouble = _advance(view, record) if forward else (_retreat(view, record), "")
    service = view.service = replace(view.service, rollout=record)
    if trouble:
        given_up = replace(service.primary, given_up=trouble)
        service = replace(service, deployments=(given_up, *service.deployments[1:]))
        failure = breaker.fail(service, WHO, trouble, rollback=True, now=view.now)
        return Plan(service=failure.service, events=failure.events, recheck_at=view.now)
    return _carry_out(view, record, pick, forward)


def _advance(view: View, record: ServiceDeployment) -> tuple[ServiceDeployment, str]:
    """The record as far as it can go now, and what is wrong, if anything is."""
    while True:
        called = _next(view, record)
        if called.trouble or called.record == record:
            return called.record, called.trouble
        record = called.record


def _next(view: View, record: ServiceDeployment) -> hooks.Called:
    stage, now = record.lifecycle_stage, view.now
    if stage is None:
        first = Stage.RECONCILE_SERVICE if len(record.source_service_revisions) > 1 else Stage.PRE_SCALE_UP
        return _said(_enter(record, first, now))
    if stage is Stage.PRODUCTION_TRAFFIC_SHIFT:
        return _shift_production(view, record)
    if stage is Stage.RECONCILE_SERVICE and not _reconciled(view, record):
        return _said(_reconcile(view, record))
    if stage is Stage.SCALE_UP and not _has_all(view, record.target_service_revision):
        late = now - record.stage_since > STAGE_LIMIT
        return hooks.Called(record=record, done=False, trouble="green was not healthy within 24 hours" if late else "")
    if stage is Stage.TEST_TRAFFIC_SHIFT:
        record = _weigh(record, test=100.0)
    if stage is Stage.CLEAN_UP or (stage is Stage.BAKE_TIME and now < bake_ends(record)):
        return _said(record)
    called = hooks.call(record, stage.value, view.snapshot.hook_answers, now)
    if called.trouble or not called.done or now < record.stage_since + MOMENT:
        return called
    return _said(_enter(called.record, ORDER[ORDER.index(stage) + 1], now))


def _said(record: ServiceDeployment) -> hooks.Called:
    return hooks.Called(record=record, done=True)


def _enter(record: ServiceDeployment, stage: Stage, now: float) -> ServiceDeployment:
    return replace(record, lifecycle_stage=stage, stage_since=now)


def bake_ends(record: ServiceDeployment) -> float:
    """When the bake time is over, for a record in BAKE_TIME."""
    minutes = 0 if record.first else record.deployment_configuration.bake_time_in_minutes or 0
    return record.stage_since + minutes * 60.0


def step_ends(record: ServiceDeployment) -> float:
    """When the wait after the latest step of production traffic is over."""
    steps = record.deployment_configuration.steps
    return record.stepped_at + steps[record.step - 1][1] * 60.0 if record.step else record.stepped_at


def _shift_production(view: View, record: ServiceDeployment) -> hooks.Called:
    """Before each step its hooks, then the weights, then hooks again, then the wait; after the last, the next stage."""
    steps = ((100.0, 0.0),) if record.first else record.deployment_configuration.steps
    answers, now = view.snapshot.hook_answers, view.now
    if record.step:
        called = hooks.call(record, Stage.PRODUCTION_TRAFFIC_SHIFT.value, answers, now)
        if called.trouble or not called.done:
            return called
        record = called.record
        if record.step >= len(steps):
            if now < record.stepped_at + MOMENT:
                return _said(record)
            return _said(_enter(record, Stage.POST_PRODUCTION_TRAFFIC_SHIFT, now))
        if now < step_ends(record):
            return _said(record)
    called = hooks.call(record, BEFORE_PRODUCTION, answers, now)
    if called.trouble or not called.done:
        return called
    record = _weigh(called.record, production=steps[record.step][0])
    return _said(replace(record, step=record.step + 1, stepped_at=now))


def _has_all(view: View, revision: RevisionSummary) -> bool:
    """Whether as many tasks of a revision are healthy as are desired."""
    return view.count_healthy(tasks_of(view, revision.deployment_id)) >= view.service.desired_count


def _reconcile(view: View, record: ServiceDeployment) -> ServiceDeployment:
    """Several revisions are there when it begins: all traffic goes to blue before the others go."""
    blue = record.source_service_revisions[0]
    trusted = view.service.last_completed is not None and view.service.last_completed.id == blue.deployment_id
    late = view.now - record.stage_since > STAGE_LIMIT
    if blue.requested_production_traffic_weight != 100.0 and (_has_all(view, blue) or not trusted or late):
        return _weigh(record, production=0.0, test=0.0)
    return record


def _reconciled(view: View, record: ServiceDeployment) -> bool:
    blue, *others = record.source_service_revisions
    gone = {other.deployment_id for other in others}
    left = any(t.deployment_id in gone for t in (*view.live, *view.leaving))
    return blue.requested_production_traffic_weight == 100.0 and not left


def _retreat(view: View, record: ServiceDeployment) -> ServiceDeployment:
    """Back to blue: once blue has all its tasks it gets all the traffic, then green goes."""
    record = _with_blue(record, view.service.primary)
    blue = record.source_service_revisions[0]
    if not record.retreating:
        record = replace(_enter(record, Stage.SCALE_UP, view.now), retreating=True)
    if record.lifecycle_stage is Stage.CLEAN_UP or not _has_all(view, blue):
        return record
    for stage in (Stage.PRODUCTION_TRAFFIC_SHIFT, Stage.TEST_TRAFFIC_SHIFT):
        record = hooks.call(record, stage.value, view.snapshot.hook_answers, view.now).record
    return _enter(_weigh(record, production=0.0, test=0.0), Stage.CLEAN_UP, view.now)


def _with_blue(record: ServiceDeployment, blue: Deployment) -> ServiceDeployment:
    """The record with the revision it goes back to first among its sources."""
    sources = record.source_service_revisions
    mine = next((s for s in sources if s.deployment_id == blue.id), None)
    if mine is None:
        prefix = record.target_service_revision.arn.rsplit("/", 1)[0]
        mine = RevisionSummary(
            arn=f"{prefix}/{blue.id.rsplit('/', 1)[-1]}",
            requested_production_traffic_weight=0.0,
            requested_test_traffic_weight=0.0,
        )
    return replace(
        record, source_service_revisions=(mine, *(s for s in sources if s is not mine and s.arn != mine.arn))
    )


def _weigh(
    record: ServiceDeployment, *, production: float | None = None, test: float | None = None
) -> ServiceDeployment:
    """Give green this share of the traffic, and blue (the first source) all the rest."""

    def shares(green: float | None) -> tuple[float, ...] | None:
        if green is None:
            return None
        if not record.source_service_revisions:
            return (100.0,)
        return (green, round(100.0 - green, 6), *(0.0 for _ in record.source_service_revisions[1:]))

    return record.weighed(production=shares(production), test=shares(test))


def wanted(view: View, record: ServiceDeployment, *, forward: bool) -> list[tuple[Deployment, int]]:
    """How many tasks each deployment is to have; those that are to be left alone are left out."""
    stage, desired = record.lifecycle_stage, view.service.desired_count
    blue = record.source_service_revisions[0].deployment_id if record.source_service_revisions else ""
    target = record.target_service_revision.deployment_id
    over = stage is Stage.CLEAN_UP
    settled = not record.source_service_revisions or (
        sum(s.requested_production_traffic_weight or 0.0 for s in record.source_service_revisions[1:]) == 0.0
    )
    found = []
    for deployment in view.service.deployments:
        if deployment.id == (target if forward else blue):
            started = not forward or (stage is not None and ORDER.index(stage) >= SERVING)
            found.append((deployment, desired if started else 0))
        elif deployment.id == (blue if forward else target):
            if forward or over:
                found.append((deployment, 0 if over else desired))
        elif settled:
            found.append((deployment, 0))
    return found


def _carry_out(view: View, record: ServiceDeployment, pick: Pick, forward: bool) -> Plan:
    cares: list[Care] = []
    for deployment, count in wanted(view, record, forward=forward):
        started = any(care.starts for care in cares)
        cares.append(keep(view, deployment, count, None if started else pick))
    unplaced = [placement for care in cares for placement in care.unplaced]
    service, said = _completed(view, record, cares)
    return Plan(
        service=replace(service, steady=False),
        starts=tuple(start for care in cares for start in care.starts),
        stops=tuple(stop for care in cares for stop in care.stops),
        unplaced=tuple(unplaced),
        events=(*placement_events(service, unplaced), *said),
        recheck_at=_recheck(view, record, bool(unplaced)),
    )


def _completed(view: View, record: ServiceDeployment, cares: Sequence[Care]) -> tuple[Service, tuple[str, ...]]:
    """Deployments without tasks are forgotten at the end, and the newest is complete."""
    service = view.service
    others = any(t.deployment_id != service.primary.id for t in (*view.live, *view.leaving))
    enough = view.count_healthy(tasks_of(view, service.primary.id)) >= service.desired_count
    if record.lifecycle_stage is not Stage.CLEAN_UP or others or not enough or not all(c.idle for c in cares):
        return service, ()
    return progress.complete(replace(service, deployments=(service.primary,)), view.now)


def _recheck(view: View, record: ServiceDeployment, unplaced: bool) -> float | None:
    times = [view.next_healthy(), hooks.next_time(record), view.now + PLACEMENT_RETRY if unplaced else None]
    times += [record.stage_since + MOMENT]
    times += [d.retry_at for d in view.service.deployments if d.retry_at > view.now]
    times += [t.protected_until for t in view.live if t.is_protected(view.now)]
    if record.lifecycle_stage is Stage.BAKE_TIME:
        times.append(bake_ends(record))
    if record.lifecycle_stage is Stage.PRODUCTION_TRAFFIC_SHIFT:
        times += [step_ends(record), record.stepped_at + MOMENT]
    if record.lifecycle_stage in (Stage.SCALE_UP, Stage.RECONCILE_SERVICE):
        times.append(record.stage_since + STAGE_LIMIT + 1.0)
    return min((t for t in times if t is not None and t > view.now), default=None)
