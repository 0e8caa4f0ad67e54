"""How a service deployment is coming along: its record, kept in step with the service it describes.

Pure and level-triggered: ``follow`` looks at the service as it now is and says what its newest service deployment's
record must say. It decides nothing about tasks. Invariant: a status only ever changes as ``model.deployments.NEXT``
allows, and a finished record never changes.
Source: Amazon ECS Developer Guide, "View service history using Amazon ECS service deployments" (states and what leads
to them). The words of ``statusReason`` are AWS's where a documented example shows them, else this lab's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ecslab.model.deployment_settings import LifecycleStage
from ecslab.model.deployments import (
    AlarmMonitor,
    BreakerMonitor,
    RevisionSummary,
    Rollback,
    ServiceDeployment,
    ServiceDeploymentStatus,
)
from ecslab.model.service import Deployment, Service
from ecslab.model.status import NOT_YET_RUNNING, DesiredStatus, RolloutState, ServiceStatus, TaskStatus
from ecslab.model.task import Task
from ecslab.scheduler import breaker
from ecslab.scheduler.breaker import Failure

Status = ServiceDeploymentStatus
BY_USER = "Service deployment {what}"
ROLLED_BACK = "Service deployment rolled back because {why}."
STOPPED = "Service deployment stopped because {why}."
NOT_YET_ASKED = (None, LifecycleStage.RECONCILE_SERVICE, LifecycleStage.PRE_SCALE_UP)
"""Stages at which green is not yet to have tasks."""
NEWER = "a newer service deployment was started"


def begin(service: Service, arn: str, revision_arn: str, now: float) -> ServiceDeployment:
    """The record of the service's newest deployment, PENDING.

    Its sources are the revisions that have tasks now, the one that traffic would go back to first.
    """
    prefix = revision_arn.rsplit("/", 1)[0]
    older = sorted(service.deployments[1:], key=lambda d: d.id != (service.last_completed or d).id)
    sources = tuple(RevisionSummary(arn=f"{prefix}/{d.id.rsplit('/', 1)[-1]}") for d in older)
    record = ServiceDeployment(
        service_deployment_arn=arn,
        service_arn=service.service_arn,
        cluster_arn=service.cluster_arn,
        created_at=now,
        updated_at=now,
        target_service_revision=RevisionSummary(arn=revision_arn),
        source_service_revisions=sources,
        deployment_configuration=service.deployment_configuration,
        first=not sources,
    )
    return _weighed(record, service.rollout) if service.deployment_configuration.shifts_traffic else record


def _weighed(record: ServiceDeployment, before: ServiceDeployment | None) -> ServiceDeployment:
    """Traffic as it stands when a deployment that shifts it begins: where the one before has left it."""
    left = {r.arn: r for r in before.revisions} if before is not None else {}
    known = [left.get(source.arn) for source in record.source_service_revisions]
    production = [r.requested_production_traffic_weight if r is not None else None for r in known]
    test = [r.requested_test_traffic_weight if r is not None else None for r in known]
    return record.weighed(production=_shares(production), test=_shares(test))


def _shares(sources: Sequence[float | None]) -> list[float]:
    """Weights of the target and its sources: those the sources have where they are all of it, else the first has it."""
    weights = [weight or 0.0 for weight in sources]
    if not weights:
        return [100.0]
    return [0.0, *(weights if round(sum(weights), 6) == 100.0 else [100.0, *(0.0 for _ in weights[1:])])]


def supersede(record: ServiceDeployment, service: Service, tasks: Sequence[Task], now: float) -> ServiceDeployment:
    """The record of a deployment that ends because a newer one begins; a finished one stays as it is."""
    if record.is_finished:
        return record
    counted = count(record, service, tasks)
    return _finish(counted, Status.STOPPED, STOPPED.format(why=NEWER), now)


def requested_stop(service: Service, now: float) -> Failure | None:
    """What a StopServiceDeployment that was asked for does to a rolling deployment now, if one was."""
    record = service.rollout
    if record is None or service.primary.id != record.target_service_revision.deployment_id:
        return None
    if record.status is Status.ROLLBACK_REQUESTED:
        return breaker.fail(service, BY_USER.format(what="rollback"), "requested by the user", rollback=True, now=now)
    if record.status is Status.STOP_REQUESTED:
        return breaker.fail(service, BY_USER.format(what="stop"), "requested by the user", rollback=False, now=now)
    return None


def follow(service: Service, tasks: Sequence[Task], now: float) -> Service:
    """The service with the record of its newest service deployment brought up to date."""
    record = service.rollout
    if record is None or record.is_finished:
        return service
    changed = _moved(record, service, now)
    changed = _monitored(changed, service)
    if changed.is_finished:
        changed = count(changed, service, tasks)
    if changed == record:
        return service
    return replace(service, rollout=replace(changed, updated_at=now))


def _moved(record: ServiceDeployment, service: Service, now: float) -> ServiceDeployment:
    if service.status is not ServiceStatus.ACTIVE or not service.deployments:
        return _finish(record, Status.STOPPED, STOPPED.format(why="the service was deleted"), now)
    primary = service.primary
    if primary.id != record.target_service_revision.deployment_id:
        return _rolling_back(record, service, now)
    if primary.rollout_state is RolloutState.COMPLETED:
        return _finish(record, Status.SUCCESSFUL, None, now)
    if primary.rollout_state is RolloutState.FAILED:
        if record.status is Status.ROLLBACK_REQUESTED:
            why = "Service deployment could not be rolled back: no earlier service revision was ever deployed."
            return _finish(record, Status.ROLLBACK_FAILED, why, now)
        return _finish(record, Status.STOPPED, STOPPED.format(why=_why(record, primary)), now)
    if record.status is Status.PENDING:
        return replace(record, status=Status.IN_PROGRESS, started_at=now)
    return record


def _rolling_back(record: ServiceDeployment, service: Service, now: float) -> ServiceDeployment:
    primary = service.primary
    if record.status is not Status.ROLLBACK_IN_PROGRESS:
        failed = next((d for d in service.deployments if d.id == record.target_service_revision.deployment_id), None)
        reason = ROLLED_BACK.format(why=_why(record, failed))
        back = f"{record.target_service_revision.arn.rsplit('/', 1)[0]}/{primary.id.rsplit('/', 1)[-1]}"
        rollback = Rollback(reason=reason, started_at=now, service_revision_arn=back)
        record = replace(
            record,
            status=Status.ROLLBACK_IN_PROGRESS,
            status_reason=reason,
            rollback=rollback,
            started_at=record.started_at or now,
        )
    if primary.rollout_state is RolloutState.COMPLETED:
        return _finish(record, Status.ROLLBACK_SUCCESSFUL, record.status_reason, now)
    if primary.rollout_state is RolloutState.FAILED:
        return _finish(record, Status.ROLLBACK_FAILED, primary.rollout_state_reason, now)
    return record


def _why(record: ServiceDeployment, failed: Deployment | None) -> str:
    if record.status in (Status.ROLLBACK_REQUESTED, Status.STOP_REQUESTED):
        return "the user asked for it"
    if failed is not None and failed.alarms_triggered:
        return f"of CloudWatch alarms ({', '.join(failed.alarms_triggered)})"
    if failed is not None and failed.given_up:
        return failed.given_up
    return "the circuit breaker threshold was exceeded"


def _finish(record: ServiceDeployment, status: Status, reason: str | None, now: float) -> ServiceDeployment:
    return replace(
        record,
        status=status,
        status_reason=reason,
        started_at=record.started_at or now,
        finished_at=now,
        stopped_at=now if status is Status.STOPPED else None,
    )


def _monitored(record: ServiceDeployment, service: Service) -> ServiceDeployment:
    """What the circuit breaker and the alarms say of it."""
    target = next((d for d in service.deployments if d.id == record.target_service_revision.deployment_id), None)
    rules, over = record.deployment_configuration, record.is_finished or record.is_rolling_back
    triggered = target.alarms_triggered if target else record.alarms.triggered_alarm_names
    rest = "MONITORING_COMPLETE" if over else "MONITORING"
    circuit = rules.deployment_circuit_breaker
    failures = target.breaker_failures if target else record.deployment_circuit_breaker.failure_count
    threshold = circuit.threshold(service.desired_count) if circuit.enable else 0
    tripped = over and circuit.enable and failures >= threshold
    monitor = BreakerMonitor(
        status=("TRIGGERED" if tripped else rest) if circuit.enable else "DISABLED",
        failure_count=failures,
        threshold=threshold,
    )
    alarms = AlarmMonitor()
    if rules.alarms is not None and rules.alarms.enable:
        alarms = AlarmMonitor(
            status="TRIGGERED" if triggered else rest,
            alarm_names=rules.alarms.alarm_names,
            triggered_alarm_names=triggered,
        )
    return replace(record, deployment_circuit_breaker=monitor, alarms=alarms)


def count(record: ServiceDeployment, service: Service, tasks: Sequence[Task]) -> ServiceDeployment:
    """The record with the counts of its revisions' tasks, as the Describe calls show them."""
    target = summarize(record.target_service_revision, service, tasks)
    if record.deployment_configuration.shifts_traffic and record.lifecycle_stage in NOT_YET_ASKED:
        target = replace(target, requested_task_count=0)
    return replace(
        record,
        target_service_revision=target,
        source_service_revisions=tuple(summarize(s, service, tasks) for s in record.source_service_revisions),
    )


def summarize(revision: RevisionSummary, service: Service, tasks: Sequence[Task]) -> RevisionSummary:
    """One revision with the counts of its tasks; the newest is asked to have the service's desired count."""
    mine = [t for t in tasks if t.deployment_id == revision.deployment_id]
    newest = bool(service.deployments) and service.primary.id == revision.deployment_id
    wanted = sum(t.desired_status is DesiredStatus.RUNNING for t in mine)
    return replace(
        revision,
        requested_task_count=service.desired_count if newest else wanted,
        running_task_count=sum(t.last_status is TaskStatus.RUNNING for t in mine),
        pending_task_count=sum(t.last_status in NOT_YET_RUNNING for t in mine),
    )


def complete(service: Service, now: float) -> tuple[Service, tuple[str, ...]]:
    """The service with its newest deployment COMPLETED, and the event that says so."""
    finished: Deployment = replace(
        service.primary,
        rollout_state=RolloutState.COMPLETED,
        rollout_state_reason=f"ECS deployment {service.primary.id} completed.",
        updated_at=now,
    )
    done = replace(service, deployments=(finished, *service.deployments[1:]), last_completed=finished)
    return done, (f"(deployment {finished.id}) deployment completed.",)
