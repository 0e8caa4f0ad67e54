"""Scheduled actions: when one is due, its target's bounds change, and the service is brought within them.

When that is, ``scheduler.schedules`` says. Invariant: an action runs once for each time that it is due, also when the
clock leaps over several minutes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecslab.aws.autoscaling.registry import ScalableTarget, ScalingRegistry, ScheduledAction
from ecslab.control.scaling import FULFILLED, Scaling
from ecslab.model.status import ServiceStatus
from ecslab.scheduler import schedules


class Schedules:
    """The scheduled actions of one ECS backend."""

    def __init__(self, backend: Any, registry: ScalingRegistry, scaling: Scaling) -> None:
        self._backend = backend
        self._registry = registry
        self._scaling = scaling
        self._looked_at = backend.context.now()

    def tick(self, now: float) -> None:
        """Run what has become due since the last look."""
        before, self._looked_at = self._looked_at, now
        for action in tuple(self._registry.actions.values()):
            if self._is_due(action, before, now):
                self._run(action)

    def _is_due(self, action: ScheduledAction, before: float, now: float) -> bool:
        schedule = schedules.read(action.expression, action.zone)
        due = schedules.following(schedule, max(before, action.created_at - 1), action.begin or action.created_at)
        if due is None or due > now:
            return False
        return (action.begin is None or due >= action.begin) and (action.end is None or due <= action.end)

    def _run(self, action: ScheduledAction) -> None:
        target = self._registry.targets.get(action.resource_id)
        if target is None or target.suspended.get("ScheduledScalingSuspended"):
            return
        least = target.least if action.least is None else action.least
        most = target.most if action.most is None else action.most
        changed = replace(target, least=min(least, most), most=max(least, most))
        self._registry.targets[action.resource_id] = changed
        if action.expression.startswith("at("):
            self._registry.actions.pop((action.resource_id, action.name), None)
        self._bring_within(changed, action)

    def _bring_within(self, target: ScalableTarget, action: ScheduledAction) -> None:
        service = self._backend.store.service(target.cluster, target.service)
        if service is None or service.status is not ServiceStatus.ACTIVE:
            return
        cause = f"scheduled action name {action.name} was triggered"
        bounds = f"Setting min capacity to {target.least} and max capacity to {target.most}"
        self._scaling.note(target, service, bounds, cause, f"Successfully set min capacity to {target.least}.")
        count = target.limits.clamp(service.desired_count)
        if count != service.desired_count:
            request = {"cluster": service.cluster_name, "service": service.service_name, "desiredCount": count}
            self._backend.update_service(request)
            told = FULFILLED.format(count=count)
            direction = "out" if count > service.desired_count else "in"
            wanted = f"Setting desired count to {count}."
            self._scaling.note(target, service, wanted, cause, told, direction=direction, count=count)
