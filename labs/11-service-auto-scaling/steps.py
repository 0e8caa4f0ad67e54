"""Questions 11.7 and 11.8: step scaling, and a metric that nobody publishes. Judged by what scaling did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .tracking import changes, policies_of


def _step_for(policy: dict[str, Any], above: float) -> int | None:
    """What a step policy adds when the metric is so far above the alarm's threshold."""
    for step in policy["StepScalingPolicyConfiguration"].get("StepAdjustments", []):
        low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        if (low is None or above >= low) and (high is None or above < high):
            return int(step["ScalingAdjustment"])
    return None


def bar(world: World) -> Iterable[Finding]:
    policies = [p for p in policies_of(world, "bar") if p["PolicyType"] == "StepScaling"]
    if not policies:
        raise NotAttempted("bar has no step scaling policy yet.")
    policy = policies[0]
    little, much = _step_for(policy, 8.0), _step_for(policy, 30.0)
    if (little, much) == (1, 3):
        yield passed("A little too much adds 1, far too much adds 3.")
    elif little is None and _step_for(policy, 68.0) == 1:
        advice = "Bounds are counted from the alarm's threshold: 0 to 15 is 60 to 75 %."
        yield failed("The steps begin 60 above the threshold, at 120 %.", advice, code="absolute-bounds")
    else:
        text = f"8 above the threshold adds {little or 'nothing'}, 30 above adds {much or 'nothing'}."
        yield failed(text, "It should be 1 and 3.", code="wrong-steps")
    alarms = world.client("cloudwatch").describe_alarms()["MetricAlarms"]
    if any(policy["PolicyARN"] in alarm["AlarmActions"] for alarm in alarms):
        yield passed("An alarm calls the policy.")
    else:
        advice = "A step policy has no alarm of its own: give yours the PolicyARN as its action."
        yield failed("No alarm calls the policy.", advice, code="no-action")
    made = changes(world, "bar")
    if any(count == 7 for count, _ in made):
        yield passed("At 90 % it made 7 of 4 tasks.")
    else:
        shown = ", ".join(str(count) for count, _ in made) or "no change"
        yield failed(f"At 90 % it should make 7 of 4 tasks (seen: {shown}).", "Run the watching cell again.",
                     code="not-scaled")  # fmt: skip


NEEDED = 6


def packer(world: World) -> Iterable[Finding]:
    service = world.service("packer")
    policies = policies_of(world, "packer")
    if service is None or not policies:
        raise NotAttempted("Run the cells of this section first.")
    alarms = world.client("cloudwatch").describe_alarms(AlarmNamePrefix="TargetTracking-service/default/packer")
    silent = [a for a in alarms["MetricAlarms"] if a["StateValue"] == "INSUFFICIENT_DATA"]
    made, desired = changes(world, "packer"), service["desiredCount"]
    if silent and desired == 2 and _is_broken(policies[0]):
        raise NotAttempted("The alarms still watch what nobody publishes.")
    if silent:
        watched = ", ".join(f"{d['Name']}={d['Value']}" for d in silent[0]["Dimensions"]) or "no dimension"
        advice = "Published is BacklogPerTask with the dimension Service=packer. Every part must be the same."
        yield failed(f"The alarms watch a metric with {watched}.", advice, code="still-silent")
    else:
        yield passed("The alarms see the backlog.")
    if any(count == NEEDED for count, _ in made) and desired == NEEDED:
        yield passed("60 orders, 10 for each: the policy made 6 tasks.", weight=2)
    elif desired >= NEEDED and not made:
        advice = "The next quiet quarter of an hour takes them away again. Let the policy do it."
        yield failed(f"{desired} tasks were asked for by hand.", advice, code="by-hand", weight=2)
    else:
        yield failed(f"{desired} tasks are wanted, and {NEEDED} are needed.", "publish(8) lets the minutes pass.",
                     code="not-scaled", weight=2)  # fmt: skip


def _is_broken(policy: dict[str, Any]) -> bool:
    metric = policy["TargetTrackingScalingPolicyConfiguration"].get("CustomizedMetricSpecification", {})
    return [d["Name"] for d in metric.get("Dimensions", [])] == ["ServiceName"]
