"""The verbs of Application Auto Scaling about ECS services: they validate, write down, and make the alarms.

They scale nothing (``control.scaling`` does). Invariant: a target tracking policy has exactly its two alarms, named
and set as AWS does. Source: Application Auto Scaling API Reference; facts: service_autoscaling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws import cloudwatch
from ecslab.aws.autoscaling import checks
from ecslab.aws.autoscaling.checks import ObjectNotFoundException, Request, ValidationException
from ecslab.aws.autoscaling.registry import (
    STEP_SCALING,
    TARGET_TRACKING,
    ScalableTarget,
    ScalingPolicy,
    ScalingRegistry,
    ScheduledAction,
)
from ecslab.aws.context import LabContext
from ecslab.model.arn import Place
from ecslab.scheduler import schedules
from ecslab.scheduler.scaling import LOW_SHARE

PERIOD = 60
HIGH_PERIODS, LOW_PERIODS = 3, 15
SERVICE_ROLE = (
    "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
)


class Verbs:
    """Registering and describing. ``ecs`` is our ECS backend."""

    def __init__(self, place: Place, context: LabContext, registry: ScalingRegistry, ecs: Any) -> None:
        self._place = place
        self._context = context
        self._registry = registry
        self._ecs = ecs

    # targets

    def register(self, request: Request) -> ScalableTarget:
        """RegisterScalableTarget: new, or changed where it is known."""
        resource = checks.resource(request)
        known = self._registry.targets.get(resource)
        asked_least, asked_most = request.get("MinCapacity"), request.get("MaxCapacity")
        least, most = checks.bounds(
            asked_least if asked_least is not None or known is None else known.least,
            asked_most if asked_most is not None or known is None else known.most,
        )
        self._service_exists(resource)
        role = f"arn:aws:iam::{self._place.account}:role/{SERVICE_ROLE}"
        target = known or ScalableTarget(
            resource_id=resource,
            arn=self._arn(f"scalable-target/{self._context.hex_id(12)}"),
            least=least,
            most=most,
            role_arn=role,
            created_at=self._context.now(),
        )
        suspended = {**target.suspended, **(request.get("SuspendedState") or {})}
        target = replace(target, least=least, most=most, suspended=suspended)
        self._registry.targets[resource] = target
        self._note(target, f"service {target.service} may be scaled between {least} and {most} tasks")
        return target

    def _service_exists(self, resource: str) -> None:
        _, cluster, name = resource.split("/")
        service = self._ecs.store.service(cluster, name)
        if service is None or service.status != "ACTIVE":
            raise ValidationException(
                f"ECS service doesn't exist: {resource}. Create the service first; the id is service/CLUSTER/SERVICE."
            )

    def deregister(self, request: Request) -> None:
        """DeregisterScalableTarget: with its policies, their alarms and its scheduled actions."""
        target = self._target(request)
        for policy in self._registry.policies_of(target.resource_id):
            self._drop(policy)
        for action in self._registry.actions_of(target.resource_id):
            self._registry.actions.pop((target.resource_id, action.name))
        self._registry.targets.pop(target.resource_id)

    def _target(self, request: Request) -> ScalableTarget:
        resource = checks.resource(request)
        target = self._registry.targets.get(resource)
        if target is None:
            raise ObjectNotFoundException(
                f"No scalable target found for service namespace: ecs, resource ID: {resource}, scalable dimension: "
                f"{checks.DIMENSION}. Register it with RegisterScalableTarget first."
            )
        return target

    # policies

    def put_policy(self, request: Request) -> ScalingPolicy:
        """PutScalingPolicy: new, or changed where the name is known; target tracking gets its two alarms."""
        target, name = self._target(request), str(request.get("PolicyName", ""))
        known = self._registry.policies.get((target.resource_id, name))
        kind = str(request.get("PolicyType") or (known.kind if known else STEP_SCALING))
        body = self._body(request, kind)
        if known is not None and known.kind != kind:
            raise ValidationException(
                f"Policy {name} is a {known.kind} policy. Delete it before making it a {kind} one."
            )
        policy = known or ScalingPolicy(
            name=name,
            arn=self._policy_arn(target, name),
            resource_id=target.resource_id,
            kind=kind,
            body=body,
            created_at=self._context.now(),
        )
        policy = replace(policy, body=body)
        if kind == TARGET_TRACKING:
            policy = self._with_alarms(target, policy)
        self._registry.policies[target.resource_id, name] = policy
        self._note(target, f"policy {name} ({kind}) is set for service {target.service}")
        return policy

    def _body(self, request: Request, kind: str) -> Mapping[str, Any]:
        if kind not in (TARGET_TRACKING, STEP_SCALING):
            raise ValidationException(f"PolicyType {kind} is not in this lab. Use {TARGET_TRACKING} or {STEP_SCALING}.")
        key = f"{kind}PolicyConfiguration" if kind == TARGET_TRACKING else "StepScalingPolicyConfiguration"
        body = request.get(key)
        if not body:
            raise ValidationException(f"A {kind} policy needs {key}. Give it.")
        (checks.tracking if kind == TARGET_TRACKING else checks.stepping)(body)
        return dict(body)

    def _with_alarms(self, target: ScalableTarget, policy: ScalingPolicy) -> ScalingPolicy:
        names = policy.alarms or tuple(
            f"TargetTracking-{target.resource_id}-Alarm{side}-{self._context.uuid()}" for side in ("High", "Low")
        )
        high = {"comparison_operator": "GreaterThanThreshold", "evaluation_periods": HIGH_PERIODS}
        low = {"comparison_operator": "LessThanThreshold", "evaluation_periods": LOW_PERIODS}
        self._put_alarm(names[0], policy, target, {**high, "threshold": policy.target})
        if policy.scales_in:
            self._put_alarm(names[1], policy, target, {**low, "threshold": round(policy.target * LOW_SHARE, 9)})
        else:
            cloudwatch.backend(self._place).delete_alarms([names[1]])
        return replace(policy, alarms=names)

    def _put_alarm(self, name: str, policy: ScalingPolicy, target: ScalableTarget, rule: Mapping[str, Any]) -> None:
        said = f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}."
        cloudwatch.backend(self._place).put_metric_alarm(
            name=name, period=PERIOD, description=said, alarm_actions=[policy.arn], **rule, **_watched(policy, target)
        )

    def delete_policy(self, request: Request) -> None:
        """DeleteScalingPolicy: with the alarms it made."""
        resource, name = checks.resource(request), request.get("PolicyName")
        policy = self._registry.policies.get((resource, str(name)))
        if policy is None:
            raise ObjectNotFoundException(
                f"No scaling policy found for service namespace: ecs, resource ID: {resource}, scalable dimension: "
                f"{checks.DIMENSION}, policy name: {name}. DescribeScalingPolicies lists those there are."
            )
        self._drop(policy)

    def _drop(self, policy: ScalingPolicy) -> None:
        self._registry.policies.pop((policy.resource_id, policy.name))
        if policy.alarms:
            cloudwatch.backend(self._place).delete_alarms(list(policy.alarms))

    # scheduled actions

    def put_action(self, request: Request) -> ScheduledAction:
        """PutScheduledAction: new, or changed where the name is known."""
        target, name = self._target(request), str(request.get("ScheduledActionName", ""))
        known = self._registry.actions.get((target.resource_id, name))
        expression = str(request.get("Schedule") or (known.expression if known else ""))
        zone = str(request.get("Timezone") or (known.zone if known else "UTC"))
        try:
            schedules.read(expression, zone)
        except ValueError as wrong:
            raise ValidationException(str(wrong)) from None
        change = request.get("ScalableTargetAction") or {}
        least, most = change.get("MinCapacity"), change.get("MaxCapacity")
        if least is None and most is None and known is None:
            raise ValidationException("ScalableTargetAction is needed. Give MinCapacity, MaxCapacity or both.")
        checks.bounds(target.least if least is None else least, max(target.most, least or 0) if most is None else most)
        action = ScheduledAction(
            name=name,
            arn=known.arn if known else self._arn(f"scheduledAction:{self._context.uuid()}:{name}"),
            resource_id=target.resource_id,
            expression=expression,
            zone=zone,
            created_at=self._context.now(),
            least=least if change else (known.least if known else None),
            most=most if change else (known.most if known else None),
            begin=_time(request.get("StartTime")),
            end=_time(request.get("EndTime")),
        )
        self._registry.actions[target.resource_id, name] = action
        return action

    def delete_action(self, request: Request) -> None:
        """DeleteScheduledAction."""
        resource, name = checks.resource(request), str(request.get("ScheduledActionName"))
        if self._registry.actions.pop((resource, name), None) is None:
            raise ObjectNotFoundException(f"No scheduled action '{name}' found for {resource}. Is the name right?")

    def _note(self, target: ScalableTarget, text: str) -> None:
        service = self._ecs.store.service(target.cluster, target.service)
        subject = service.service_arn if service is not None else target.resource_id
        self._context.journal.record("scaling.registered", subject, text, resource=target.resource_id)

    def _arn(self, rest: str) -> str:
        return f"arn:aws:application-autoscaling:{self._place.region}:{self._place.account}:{rest}"

    def _policy_arn(self, target: ScalableTarget, name: str) -> str:
        place, mark = self._place, self._context.uuid()
        prefix = f"arn:aws:autoscaling:{place.region}:{place.account}:scalingPolicy:{mark}"
        return f"{prefix}:resource/ecs/{target.resource_id}:policyName/{name}"


def _time(given: Any) -> float | None:
    return None if given is None else float(given)


def _watched(policy: ScalingPolicy, target: ScalableTarget) -> dict[str, Any]:
    """The metric of a target tracking policy, in moto's words for an alarm."""
    custom = policy.body.get("CustomizedMetricSpecification")
    if custom:
        return {
            "namespace": custom["Namespace"],
            "metric_name": custom["MetricName"],
            "dimensions": list(custom.get("Dimensions") or ()),
            "statistic": custom["Statistic"],
        }
    given = policy.body["PredefinedMetricSpecification"]
    kind = given["PredefinedMetricType"]
    if kind == checks.ALB:
        label = given["ResourceLabel"].split("/targetgroup/")
        dimensions = {"LoadBalancer": label[0], "TargetGroup": f"targetgroup/{label[-1]}"}
        namespace, statistic = "AWS/ApplicationELB", "Sum"
    else:
        dimensions = {"ClusterName": target.cluster, "ServiceName": target.service}
        namespace, statistic = "AWS/ECS", "Average"
    return {
        "namespace": namespace,
        "metric_name": checks.PREDEFINED[kind],
        "dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "statistic": statistic,
    }
