"""Application Auto Scaling on the wire: our verbs for ECS in place of moto's, which keeps every other namespace.

Invariant: an ApiError leaves as AWS's JSON error. ``install`` puts it where moto looks (``urls.url_paths``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from ecslab.aws import cloudwatch
from ecslab.aws.autoscaling.checks import DIMENSION, ValidationException
from ecslab.aws.autoscaling.registry import Activity, ScalableTarget, ScalingPolicy, ScalingRegistry, ScheduledAction
from ecslab.aws.autoscaling.verbs import Verbs
from ecslab.aws.context import LabContext
from ecslab.errors import ApiError
from ecslab.model.arn import Place

Json = dict[str, Any]
_COMMON = {"ServiceNamespace": "ecs", "ScalableDimension": DIMENSION}
_bound: dict[str, Any] = {}
MOST = 50


class _Scaling(ApplicationAutoScalingResponse):  # type: ignore[misc]
    """The verbs by moto's names for them."""

    def _ours(self, answer: Callable[[Verbs, Json], Json], other: str) -> str:
        request = json.loads(self.body or "{}")
        if request.get("ServiceNamespace") != "ecs":
            theirs: str = getattr(super(), other)()
            return theirs
        try:
            return json.dumps(answer(_verbs(), request))
        except ApiError as refused:
            raise JsonRESTError(refused.code, refused.message) from None

    def register_scalable_target(self) -> str:
        return self._ours(lambda v, r: {"ScalableTargetARN": v.register(r).arn}, "register_scalable_target")

    def deregister_scalable_target(self) -> str:
        return self._ours(lambda v, r: _done(v.deregister, r), "deregister_scalable_target")

    def describe_scalable_targets(self) -> str:
        return self._ours(lambda v, r: _targets(r), "describe_scalable_targets")

    def put_scaling_policy(self) -> str:
        return self._ours(lambda v, r: _put(v.put_policy(r)), "put_scaling_policy")

    def delete_scaling_policy(self) -> str:
        return self._ours(lambda v, r: _done(v.delete_policy, r), "delete_scaling_policy")

    def describe_scaling_policies(self) -> str:
        return self._ours(lambda v, r: _policies(r), "describe_scaling_policies")

    def put_scheduled_action(self) -> str:
        return self._ours(lambda v, r: _done(v.put_action, r), "put_scheduled_action")

    def delete_scheduled_action(self) -> str:
        return self._ours(lambda v, r: _done(v.delete_action, r), "delete_scheduled_action")

    def describe_scheduled_actions(self) -> str:
        return self._ours(lambda v, r: _actions(r), "describe_scheduled_actions")

    def describe_scaling_activities(self) -> str:
        return self._ours(lambda v, r: _activities(r), "describe_scaling_activities")


def install(context: LabContext, place: Place, ecs: Any) -> ScalingRegistry:
    """Put our verbs into moto for this lab; the empty registry they write to."""
    from moto.applicationautoscaling import urls

    registry = ScalingRegistry()
    _bound.update(context=context, place=place, registry=registry, ecs=ecs)
    urls.url_paths["{0}/$"] = _Scaling.dispatch
    return registry


def _verbs() -> Verbs:
    return Verbs(_bound["place"], _bound["context"], _bound["registry"], _bound["ecs"])


def of_lab(place: Place) -> tuple[Verbs, ScalingRegistry] | None:
    """The verbs and the registry of the open lab, for ECS itself; None in another region than the lab's."""
    return (_verbs(), _registry()) if _bound.get("place") == place else None


def _registry() -> ScalingRegistry:
    found: ScalingRegistry = _bound["registry"]
    return found


def _done(verb: Callable[[Json], object], request: Json) -> Json:
    """Carry out a verb whose answer is empty."""
    verb(request)
    return {}


def _put(policy: ScalingPolicy) -> Json:
    return {"PolicyARN": policy.arn, "Alarms": _alarms(policy)}


def _page(request: Json, name: str, found: Sequence[Json]) -> Json:
    start, most = int(request.get("NextToken") or 0), int(request.get("MaxResults") or MOST)
    if not 1 <= most <= MOST:
        raise ValidationException(f"MaxResults must be between 1 and {MOST}; it is {most}.")
    more = {"NextToken": str(start + most)} if len(found) > start + most else {}
    return {name: list(found[start : start + most]), **more}


def _of(request: Json, name: str, wanted: str) -> Callable[[Any], bool]:
    """Whether a record is of the resource and the names that a Describe call asks for."""
    resource, names = request.get("ResourceId"), request.get(wanted) or ()
    return lambda one: resource in (None, one.resource_id) and (not names or getattr(one, name) in names)


def _targets(request: Json) -> Json:
    chosen = _of(request, "resource_id", "ResourceIds")
    return _page(request, "ScalableTargets", [_target(t) for t in _registry().targets.values() if chosen(t)])


def _target(target: ScalableTarget) -> Json:
    ways = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    return {
        **_COMMON,
        "ResourceId": target.resource_id,
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": target.role_arn,
        "CreationTime": target.created_at,
        "SuspendedState": {way: bool(target.suspended.get(way)) for way in ways},
        "ScalableTargetARN": target.arn,
    }


def _policies(request: Json) -> Json:
    chosen = _of(request, "name", "PolicyNames")
    return _page(request, "ScalingPolicies", [_policy(p) for p in _registry().policies.values() if chosen(p)])


def _policy(policy: ScalingPolicy) -> Json:
    return {
        **_COMMON,
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "ResourceId": policy.resource_id,
        "PolicyType": policy.kind,
        f"{policy.kind}PolicyConfiguration": policy.body,
        "Alarms": _alarms(policy),
        "CreationTime": policy.created_at,
    }


def _alarms(policy: ScalingPolicy) -> list[Json]:
    """The alarms a policy made (target tracking), or those that name it (step scaling)."""
    known = cloudwatch.backend(_bound["place"]).alarms.values()
    named = [a for a in known if a.name in policy.alarms or (not policy.alarms and policy.arn in a.alarm_actions)]
    return [{"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn} for alarm in named]


def _actions(request: Json) -> Json:
    chosen = _of(request, "name", "ScheduledActionNames")
    return _page(request, "ScheduledActions", [_action(a) for a in _registry().actions.values() if chosen(a)])


def _action(action: ScheduledAction) -> Json:
    bounds = {"MinCapacity": action.least, "MaxCapacity": action.most}
    times = {"StartTime": action.begin, "EndTime": action.end}
    return {
        **_COMMON,
        "ScheduledActionName": action.name,
        "ScheduledActionARN": action.arn,
        "Schedule": action.expression,
        "Timezone": action.zone,
        "ResourceId": action.resource_id,
        "ScalableTargetAction": _given(bounds),
        "CreationTime": action.created_at,
        **_given(times),
    }


def _given(values: Mapping[str, Any]) -> Json:
    return {key: value for key, value in values.items() if value is not None}


def _activities(request: Json) -> Json:
    everything = bool(request.get("IncludeNotScaledActivities"))
    resource = request.get("ResourceId")
    found = [
        _activity(activity)
        for activity in reversed(_registry().activities)
        if resource in (None, activity.resource_id) and (everything or not activity.reasons)
    ]
    return _page(request, "ScalingActivities", found)


def _activity(activity: Activity) -> Json:
    reasons = {"NotScaledReasons": [dict(reason) for reason in activity.reasons]} if activity.reasons else {}
    return {
        **_COMMON,
        "ActivityId": activity.activity_id,
        "ResourceId": activity.resource_id,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.at,
        "EndTime": activity.at,
        "StatusCode": activity.status,
        "StatusMessage": activity.message,
        **reasons,
    }
