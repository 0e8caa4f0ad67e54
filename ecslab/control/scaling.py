"""The scaling loop: once a lab minute it gathers what the policies want and changes desired counts.

What to do is ``scheduler.scaling.choose``. Invariants: a count is changed by UpdateService's own code; every change is
an activity, and so is the first time that the same reason holds a service back. While an alarm stays in ALARM its
policy is asked again each minute, as on AWS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecslab.aws import cloudwatch
from ecslab.aws.autoscaling.registry import (
    TARGET_TRACKING,
    Activity,
    ScalableTarget,
    ScalingPolicy,
    ScalingRegistry,
)
from ecslab.control.alarms import latest
from ecslab.errors import ApiError
from ecslab.model.service import Service
from ecslab.model.status import RolloutState, ServiceStatus, TaskStatus
from ecslab.scheduler.alarms import AlarmState
from ecslab.scheduler.scaling import (
    Outcome,
    Situation,
    Wish,
    adjusted,
    base_for_out,
    choose,
    step_for,
    tracked,
)

FULFILLED = "Successfully set desired count to {count}. Change successfully fulfilled by ecs."


class Scaling:
    """The scalable targets of one ECS backend."""

    def __init__(self, backend: Any, registry: ScalingRegistry) -> None:
        self._backend = backend
        self._registry = registry
        self._held: dict[str, str] = {}

    def tick(self, now: float) -> None:
        """Ask every policy at lab time ``now``."""
        for target in tuple(self._registry.targets.values()):
            service = self._backend.store.service(target.cluster, target.service)
            policies = self._registry.policies_of(target.resource_id)
            if service is not None and service.status is ServiceStatus.ACTIVE and policies:
                self._consider(target, service, policies, now)

    def _consider(
        self, target: ScalableTarget, service: Service, policies: tuple[ScalingPolicy, ...], now: float
    ) -> None:
        situation = self._situation(target, service, now)
        out: list[Wish] = []
        down: list[Wish] = []
        disagreeing = ""
        for policy in policies:
            wishes, agrees = self._asked(policy, situation, now)
            more = [w for w in wishes if max(w.count, target.limits.clamp(w.count)) > service.desired_count]
            out += more
            down += [wish for wish in wishes if agrees and wish not in more]
            if not agrees and not disagreeing:
                disagreeing = policy.name
        outcome = choose(situation, out, down, disagreeing=disagreeing)
        if outcome.count is not None and outcome.by is not None:
            self._scale(target, service, outcome)
        else:
            self._hold(target, service, outcome.held, (*out, *down))

    def _situation(self, target: ScalableTarget, service: Service, now: float) -> Situation:
        tasks = self._backend.store.tasks_of_service(service.cluster_name, service.service_name)
        return Situation(
            desired=service.desired_count,
            running=sum(task.last_status is TaskStatus.RUNNING for task in tasks),
            deploying=_deploying(service),
            limits=target.limits,
            memory=target.memory,
            now=now,
        )

    def _asked(self, policy: ScalingPolicy, situation: Situation, now: float) -> tuple[list[Wish], bool]:
        """What a policy wants now, and whether it would agree to scale in."""
        if policy.kind == TARGET_TRACKING:
            return self._tracking(policy, situation, now)
        return self._stepping(policy, situation, now), True

    def _tracking(self, policy: ScalingPolicy, situation: Situation, now: float) -> tuple[list[Wish], bool]:
        alarms = cloudwatch.backend(self._backend.place).alarms
        high, low = (alarms.get(name) for name in policy.alarms)
        if high is not None and high.state_value == AlarmState.ALARM:
            peak = latest(self._backend.place, high, now) or 0.0
            running = base_for_out(situation, situation.running)
            count = max(tracked(running, peak, policy.target), 1)
            return [_wish(policy, count, high, policy.cooldown("Out"), peak)], False
        if low is None or not policy.scales_in:
            return [], True
        if low.state_value != AlarmState.ALARM:
            return [], False
        value = latest(self._backend.place, low, now)
        if value is None:
            return [], False
        count = tracked(situation.running, value, policy.target)
        return [_wish(policy, count, low, policy.cooldown("In"), value)], True

    def _stepping(self, policy: ScalingPolicy, situation: Situation, now: float) -> list[Wish]:
        found = []
        for alarm in cloudwatch.backend(self._backend.place).alarms.values():
            value = latest(self._backend.place, alarm, now) if _invokes(alarm, policy) else None
            step = step_for(policy.steps, value, float(alarm.threshold)) if value is not None else None
            if step is None or value is None:
                continue
            base = base_for_out(situation, situation.desired) if step.adjustment > 0 else situation.desired
            count = adjusted(base, step, policy.adjustment, int(policy.body.get("MinAdjustmentMagnitude") or 0))
            found.append(_wish(policy, count, alarm, policy.cooldown(""), value))
        return found

    def _scale(self, target: ScalableTarget, service: Service, outcome: Outcome) -> None:
        wish, count = outcome.by, outcome.count
        assert wish is not None
        assert count is not None
        request = {"cluster": service.cluster_name, "service": service.service_name, "desiredCount": count}
        try:
            self._backend.update_service(request)
        except ApiError as refused:
            self._hold(target, service, refused.message, (wish,))
            return
        self._held.pop(target.resource_id, None)
        self._registry.targets[target.resource_id] = replace(target, memory=outcome.memory)
        told = FULFILLED.format(count=count)
        direction = "out" if count > service.desired_count else "in"
        more = {"direction": direction, "cooldown": wish.cooldown, "policy": wish.policy, "count": count}
        self.note(target, service, f"Setting desired count to {count}.", _cause(wish), told, **more)

    def note(
        self, target: ScalableTarget, service: Service, description: str, cause: str, message: str, **more: Any
    ) -> None:
        """Write an activity that succeeded; ``more`` goes into its entry of the journal."""
        context = self._backend.context
        self._registry.note(
            Activity(
                activity_id=context.uuid(),
                resource_id=target.resource_id,
                description=description,
                cause=cause,
                at=context.now(),
                status="Successful",
                message=message,
            )
        )
        text = f"service {service.service_name}: {description} {cause}"
        context.journal.record(
            "scaling.activity",
            service.service_arn,
            text,
            description=description,
            cause=cause,
            service=service.service_name,
            **more,
        )

    def _hold(self, target: ScalableTarget, service: Service, reason: str, wishes: tuple[Wish, ...]) -> None:
        kind = reason.split(",")[0].split(" lasts ")[0]
        if not reason or self._held.get(target.resource_id) == kind:
            if not reason and not wishes:
                self._held.pop(target.resource_id, None)
            return
        self._held[target.resource_id] = kind
        context = self._backend.context
        code = {"maximum": "AlreadyAtMaxCapacity", "minimum": "AlreadyAtMinCapacity"}
        named = next((c for word, c in code.items() if word in reason), "NotScaled")
        told = {
            "Code": named,
            "MaxCapacity": target.most,
            "MinCapacity": target.least,
            "CurrentCapacity": service.desired_count,
        }
        text = f"service {service.service_name} was not scaled: {reason}"
        self._registry.note(
            Activity(
                activity_id=context.uuid(),
                resource_id=target.resource_id,
                description=f"Attempting to scale due to alarm triggered; {text}.",
                cause=_cause(wishes[0]) if wishes else "",
                at=context.now(),
                status="NotScaled",
                message=reason,
                reasons=(told,),
            )
        )
        context.journal.record("scaling.held", service.service_arn, text, reason=reason, service=service.service_name)


def _deploying(service: Service) -> bool:
    """A deployment that is not finished: scale-in waits for it."""
    if service.task_sets or not service.deployments:
        return len(service.task_sets) > 1
    return len(service.deployments) > 1 or service.primary.rollout_state is RolloutState.IN_PROGRESS


def _invokes(alarm: Any, policy: ScalingPolicy) -> bool:
    """Whether an alarm, in the state it is in, calls a policy."""
    actions = {
        AlarmState.ALARM: alarm.alarm_actions,
        AlarmState.OK: alarm.ok_actions,
        AlarmState.INSUFFICIENT_DATA: alarm.insufficient_data_actions,
    }
    return bool(alarm.actions_enabled) and policy.arn in (actions[AlarmState(alarm.state_value)] or ())


def _wish(policy: ScalingPolicy, count: int, alarm: Any, cooldown: float, value: float) -> Wish:
    return Wish(policy=policy.name, count=count, alarm=str(alarm.name), cooldown=cooldown, value=value)


def _cause(wish: Wish) -> str:
    return f"monitor alarm {wish.alarm} in state ALARM triggered policy {wish.policy}"
