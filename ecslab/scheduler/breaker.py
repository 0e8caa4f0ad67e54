"""The deployment circuit breaker and deployment alarms: when a rolling deployment has failed, and what then.

Pure: from a service, what is healthy and which alarms are in ALARM, it says that nothing is wrong (None), or gives the
service as it then is. Invariant: only a deployment IN_PROGRESS fails, and it fails once; a rollback goes to the last
deployment that was COMPLETED, and where there is none, nothing more is started.
Source: Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures" and "How CloudWatch
alarms detect Amazon ECS deployment failures" (facts: circuit_breaker). The exact words of the alarm's reason are this
lab's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from ecslab.model.service import Deployment, Service
from ecslab.model.status import DeploymentStatus, RolloutState

BREAKER = "ECS deployment circuit breaker"
ALARMS = "ECS deployment alarms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A deployment that has failed: the service as it is now, and what its events say."""

    service: Service
    events: tuple[str, ...]


def heal(service: Service, healthy: int) -> Service:
    """Forget failures when more of the newest deployment's tasks are healthy than ever before, where that is wished."""
    primary = service.primary
    if healthy <= primary.most_healthy:
        return service
    resets = service.deployment_configuration.deployment_circuit_breaker.reset_on_healthy_task
    changed = replace(primary, most_healthy=healthy, breaker_failures=0 if resets else primary.breaker_failures)
    return replace(service, deployments=(changed, *service.deployments[1:]))


def judge(service: Service, in_alarm: Collection[str], now: float) -> Failure | None:
    """Whether the newest deployment has failed now."""
    primary, rules = service.primary, service.deployment_configuration
    if primary.rollout_state is not RolloutState.IN_PROGRESS or not _is_rolling(service):
        return None
    breaker = rules.deployment_circuit_breaker
    if breaker.enable and primary.breaker_failures >= breaker.threshold(service.desired_count):
        return fail(service, BREAKER, "tasks failed to start", rollback=breaker.rollback, now=now)
    alarms = rules.alarms
    if alarms is not None and alarms.enable:
        ringing = [name for name in alarms.alarm_names if name in in_alarm and name not in primary.alarms_before]
        if ringing:
            reason = f"alarm detected ({', '.join(ringing)})"
            noted = replace(primary, alarms_triggered=tuple(ringing))
            service = replace(service, deployments=(noted, *service.deployments[1:]))
            return fail(service, ALARMS, reason, rollback=alarms.rollback, now=now)
    return None


def stalled(service: Service) -> bool:
    """Whether the newest deployment has failed and stays: nothing of it is started any more."""
    return service.primary.rollout_state is RolloutState.FAILED


def _is_rolling(service: Service) -> bool:
    return service.deployment_controller.get("type") == "ECS"


def fail(service: Service, who: str, why: str, *, rollback: bool, now: float) -> Failure:
    """The newest deployment is given up: rolled back where that is wished and possible, else it stays as it is."""
    primary = service.primary
    events = [f"(deployment {primary.id}) deployment failed: {why}."]
    failed = replace(primary, rollout_state=RolloutState.FAILED, rollout_state_reason=f"{who}: {why}.", updated_at=now)
    target = service.last_completed
    if not rollback or target is None or target.id == primary.id:
        return Failure(service=replace(service, deployments=(failed, *service.deployments[1:])), events=tuple(events))
    events.append(f"rolling back to deployment {target.id}.")
    return Failure(service=_rolled_back(service, failed, target, who, now), events=tuple(events))


def _rolled_back(service: Service, failed: Deployment, target: Deployment, who: str, now: float) -> Service:
    """The completed deployment is the newest again, and keeps the tasks it still has. No alarm fails a rollback."""
    alarms = service.deployment_configuration.alarms
    restored = replace(
        target,
        status=DeploymentStatus.PRIMARY,
        rollout_state=RolloutState.IN_PROGRESS,
        rollout_state_reason=f"{who}: rolling back to deploymentId {target.id}.",
        updated_at=now,
        retry_at=0.0,
        failed_in_a_row=0,
        breaker_failures=0,
        alarms_before=alarms.alarm_names if alarms is not None else (),
        alarms_triggered=(),
    )
    others = (d for d in service.deployments[1:] if d.id != target.id)
    return replace(
        service,
        task_definition=restored.task_definition,
        network_configuration=restored.network_configuration,
        deployments=(restored, replace(failed, status=DeploymentStatus.ACTIVE), *others),
        steady=False,
    )
