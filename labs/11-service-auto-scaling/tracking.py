"""Questions 11.2 and 11.4: services that follow a metric. Invariant: it only reads, and judges by what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed

METRIC = "ECSServiceAverageCPUUtilization"


def target_of(world: World, name: str) -> dict[str, Any] | None:
    """The scalable target of a service in the cluster default."""
    asked = {"ServiceNamespace": "ecs", "ResourceIds": [f"service/default/{name}"]}
    found = world.client("application-autoscaling").describe_scalable_targets(**asked)["ScalableTargets"]
    return found[0] if found else None


def policies_of(world: World, name: str) -> list[dict[str, Any]]:
    asked = {"ServiceNamespace": "ecs", "ResourceId": f"service/default/{name}"}
    return list(world.client("application-autoscaling").describe_scaling_policies(**asked)["ScalingPolicies"])


def changes(world: World, name: str) -> list[tuple[int, str]]:
    """(new count, cause) of each change that scaling has made, oldest first."""
    entries = [e for e in world.journal(kind="scaling.activity") if e.data.get("service") == name]
    return [(int(e.data["count"]), str(e.data["cause"])) for e in entries if "count" in e.data]


def cpu(world: World, name: str) -> list[float]:
    """The service's CPU of the last ten minutes, in percent, oldest first."""
    given = {"ClusterName": "default", "ServiceName": name}
    found = world.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS", MetricName="CPUUtilization", Period=60, Statistics=["Average"],
        Dimensions=[{"Name": key, "Value": value} for key, value in given.items()],
        StartTime=world.now() - 600, EndTime=world.now(),
    )["Datapoints"]  # fmt: skip
    return [point["Average"] for point in sorted(found, key=lambda point: point["Timestamp"])]


def shop(world: World) -> Iterable[Finding]:
    target = target_of(world, "shop")
    if target is None:
        raise NotAttempted("shop is not a scalable target yet: register_scalable_target comes first.")
    least, most = target["MinCapacity"], target["MaxCapacity"]
    if (least, most) == (1, 10):
        yield passed("It may have 1 to 10 tasks.")
    else:
        code = "max-below-need" if most < 6 else "wrong-bounds"
        yield failed(f"It may have {least} to {most} tasks; it should be 1 to 10.", "Register it again.", code=code)
    yield _policy(policies_of(world, "shop"))
    made = changes(world, "shop")
    if any(count == 6 and "AlarmHigh" in cause for count, cause in made):
        yield passed("AlarmHigh made 6 of 4 tasks.")
    else:
        shown = ", ".join(str(count) for count, _ in made) or "no change"
        advice = "With target 60 the load of 90 % makes 6 of 4. Mend the target, run the load and wait 5 minutes."
        yield failed(f"Scaling has not made 6 tasks of 4 (seen: {shown}).", advice, code="not-scaled")


def _policy(policies: Sequence[dict[str, Any]]) -> Finding:
    found = [p["TargetTrackingScalingPolicyConfiguration"] for p in policies if p["PolicyType"].startswith("Target")]
    if not found:
        advice = "The bounds alone change nothing. put_scaling_policy says by what the service scales."
        return failed("It has no target tracking policy.", advice, code="no-policy")
    metric = found[0].get("PredefinedMetricSpecification", {}).get("PredefinedMetricType", "a metric of your own")
    value = found[0]["TargetValue"]
    if metric != METRIC:
        return failed(f"The policy follows {metric}.", "Asked is the average CPU.", code="wrong-metric")
    if value == 60:
        return passed("The policy keeps CPU at 60 %.")
    if value >= 90:
        advice = "The tasks are full before the alarm goes off: leave room for the minutes until help comes."
        return failed(f"A target of {value:g} %.", advice, code="target-too-high")
    return failed(f"A target of {value:g} %.", "A low target pays for idle tasks. Asked is 60.", code="wrong-target")


def limited(world: World) -> Iterable[Finding]:
    target, service = target_of(world, "till"), world.service("till")
    if target is None or service is None:
        raise NotAttempted("Run the cells of this section first: till is not there, or does not scale.")
    values = [
        p.get("TargetTrackingScalingPolicyConfiguration", {}).get("TargetValue") for p in policies_of(world, "till")
    ]
    made, desired = changes(world, "till"), service["desiredCount"]
    top = max((count for count, _ in made), default=0)
    if target["MaxCapacity"] == 5 and values == [60.0] and desired == 5:
        raise NotAttempted("till still stands at its maximum of 5. What does told('till') say?")
    if target["MaxCapacity"] >= 10:
        yield passed(f"It may have {target['MaxCapacity']} tasks, and 10 are needed.")
    else:
        advice = "1.5 vCPUs ÷ 0.25 vCPU ÷ 60 % are 10 tasks. Register it again with room for them."
        yield failed(f"It may have {target['MaxCapacity']} tasks at most.", advice, code="max-below-need")
    if values == [60.0]:
        yield passed("The policy still keeps CPU at 60 %.")
    else:
        advice = "Another target makes the alarm quiet, not the tasks idle. Put the policy back to 60."
        yield failed("The policy was changed.", advice, code="silenced")
    recent = cpu(world, "till")[-2:]
    if desired >= 10 and top >= desired and recent and max(recent) <= 60.5:
        yield passed(f"{desired} tasks, made by the policy, use {recent[-1]:.0f} %.")
    elif desired > max(top, 5):
        advice = "The next change undoes it. Give the policy room, and let it do the work."
        yield failed(f"{desired} tasks were asked for by hand.", advice, code="by-hand")
    else:
        shown = f"{recent[-1]:.0f} %" if recent else "not known"
        yield failed(f"CPU is {shown} with {desired} tasks.", "Give it 15 minutes.", code="still-busy")


def for_real(world: World) -> Iterable[Finding]:
    if target_of(world, "kiosk") is None:
        raise NotAttempted("kiosk is not a scalable target of the real lab yet (use real_scaling).")
    loads = [entry for entry in world.journal(kind="load.") if entry.data.get("service") == "kiosk"]
    begun = [entry.at for entry in loads if entry.kind == "load.started"]
    made = [e for e in world.journal(kind="scaling.activity") if e.data.get("service") == "kiosk" and "count" in e.data]
    out = [e for e in made if e.data.get("direction") == "out" and "AlarmHigh" in str(e.data["cause"])]
    if out and begun and out[-1].at - begun[-1] <= 12 * 60:
        yield passed(f"It scaled out {(out[-1].at - begun[-1]) / 60:.0f} minutes after the load had begun.")
    else:
        advice = "80 % must be above the target, and the maximum above 1. Then run the watching cell again."
        yield failed("It has not scaled out under the load.", advice, code="not-out")
    ended = [entry.at for entry in loads if entry.kind == "load.stopped"]
    back = [e for e in made if e.data.get("direction") == "in" and ended and e.at > ended[-1]]
    if out and back:
        yield passed(f"It scaled in {(back[-1].at - ended[-1]) / 60:.0f} minutes after the load had ended.")
    else:
        yield failed(
            "It has not scaled in after the load.", "Does the policy allow it? Give it 15 minutes.", code="not-in"
        )
