"""What Application Auto Scaling refuses, in AWS's codes and with what to try. It changes nothing.

Source: Application Auto Scaling API Reference (RegisterScalableTarget, PutScalingPolicy, PutScheduledAction); the
wording of AWS's validation messages is not documented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ecslab.errors import ApiError

Request = Mapping[str, Any]
DIMENSION = "ecs:service:DesiredCount"
ALB = "ALBRequestCountPerTarget"
PREDEFINED = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
    ALB: "RequestCountPerTarget",
}
ADJUSTMENTS = ("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity")


class ValidationException(ApiError):
    """A parameter has a value that it must not have."""


class ObjectNotFoundException(ApiError):
    """There is no such scalable target, policy or scheduled action."""


def resource(request: Request) -> str:
    """The resource id, well-formed and of the one dimension that ECS has. ValidationException."""
    given, dimension = str(request.get("ResourceId", "")), request.get("ScalableDimension", DIMENSION)
    parts = given.split("/")
    if len(parts) != 3 or parts[0] != "service" or not all(parts) or dimension != DIMENSION:
        raise ValidationException(
            "Unsupported service namespace, resource type or scalable dimension. For ECS the ResourceId is "
            f"service/CLUSTER/SERVICE and the ScalableDimension {DIMENSION}; given were '{given}' and '{dimension}'."
        )
    return given


def bounds(least: Any, most: Any) -> tuple[int, int]:
    """Minimum and maximum. ValidationException."""
    if least is None or most is None:
        raise ValidationException("MinCapacity and MaxCapacity are needed to register a scalable target. Give both.")
    if int(least) < 0 or int(most) < 0:
        raise ValidationException(f"Capacity cannot be negative: minimum {least}, maximum {most}. Use 0 or more.")
    if int(least) > int(most):
        raise ValidationException(
            f"Maximum capacity cannot be less than minimum capacity: minimum {least}, maximum {most}. Swap them?"
        )
    return int(least), int(most)


def tracking(body: Request) -> None:
    """A target tracking configuration. ValidationException."""
    value = body.get("TargetValue")
    if value is None or float(value) <= 0:
        raise ValidationException(
            f"TargetValue must be greater than 0; it is {value}. It is what the metric should stay at, as 60 percent."
        )
    _cooldowns(body, "ScaleOutCooldown", "ScaleInCooldown")
    predefined, custom = body.get("PredefinedMetricSpecification"), body.get("CustomizedMetricSpecification")
    if bool(predefined) == bool(custom):
        raise ValidationException("Give either PredefinedMetricSpecification or CustomizedMetricSpecification.")
    if predefined:
        _predefined(predefined)
    elif not (custom or {}).get("MetricName") or not (custom or {}).get("Namespace"):
        raise ValidationException(
            "A customized metric needs MetricName, Namespace and Statistic. Metric math is not in this lab."
        )
    elif custom and custom.get("Statistic") not in ("Average", "Minimum", "Maximum", "SampleCount", "Sum"):
        raise ValidationException(
            f"Statistic {custom.get('Statistic')} is none of CloudWatch's. Average is the usual one."
        )


def _predefined(given: Request) -> None:
    kind, label = given.get("PredefinedMetricType"), given.get("ResourceLabel")
    if kind not in PREDEFINED:
        raise ValidationException(
            f"PredefinedMetricType {kind} is not supported for {DIMENSION} in this lab. Use {', '.join(PREDEFINED)}."
        )
    if kind == ALB and not label:
        raise ValidationException(
            f"{ALB} needs a ResourceLabel: app/LOAD-BALANCER/ID/targetgroup/TARGET-GROUP/ID, from the two ARNs."
        )
    if kind != ALB and label:
        raise ValidationException(f"ResourceLabel is only for {ALB}. Leave it out.")


def _cooldowns(body: Request, *names: str) -> None:
    for name in names:
        if body.get(name) is not None and int(body[name]) < 0:
            raise ValidationException(f"{name} cannot be negative; it is {body[name]}. It is in seconds.")


def stepping(body: Request) -> None:
    """A step scaling configuration. ValidationException."""
    kind = body.get("AdjustmentType")
    if kind not in ADJUSTMENTS:
        raise ValidationException(f"AdjustmentType must be one of {', '.join(ADJUSTMENTS)}; it is {kind}.")
    steps = body.get("StepAdjustments") or []
    if not steps:
        raise ValidationException("StepAdjustments is empty. Give at least one step with a ScalingAdjustment.")
    if body.get("MinAdjustmentMagnitude") is not None and body["AdjustmentType"] != "PercentChangeInCapacity":
        raise ValidationException("MinAdjustmentMagnitude is only for PercentChangeInCapacity. Leave it out.")
    _cooldowns(body, "Cooldown")
    _bounds_of_steps(steps)


def _bounds_of_steps(steps: Sequence[Request]) -> None:
    """No overlap, no gap, at most one open end each way, and none that crosses the threshold."""
    spans = [(_low(step), _high(step)) for step in steps]
    for low, high in spans:
        if low >= high:
            raise ValidationException(f"A step's lower bound ({low:g}) must be less than its upper bound ({high:g}).")
    ordered = sorted(spans)
    for (_, high), (low, _) in pairwise(ordered):
        if high > low:
            raise ValidationException(
                "StepAdjustment intervals can't overlap. Bounds are relative to the alarm's threshold, and each step "
                "begins where the one before ends."
            )
        if high < low:
            raise ValidationException(
                f"There can't be a gap between StepAdjustment intervals: from {high:g} to {low:g}."
            )
    crossing = any(low < 0 < high for low, high in spans)
    if crossing and len(spans) > 1:
        raise ValidationException("A StepAdjustment interval can't have bounds below and above the threshold (0).")


def _low(step: Request) -> float:
    value = step.get("MetricIntervalLowerBound")
    return float("-inf") if value is None else float(value)


def _high(step: Request) -> float:
    value = step.get("MetricIntervalUpperBound")
    return float("inf") if value is None else float(value)
