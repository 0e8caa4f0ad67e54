"""What a chart of a service shows, as JSON: its metrics, alarms, counts, scaling activities, cooldowns and loads.

It reads what was written down (CloudWatch's datapoints and histories, the journal) and judges nothing. Invariant: all
of it is about one service and one stretch of lab time, and every list is oldest first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecslab.aws import cloudwatch
from ecslab.aws.autoscaling.registry import TARGET_TRACKING, ScalingPolicy
from ecslab.control.alarms import metric_of
from ecslab.control.load import Load
from ecslab.errors import InvalidParameterException
from ecslab.journal import Entry
from ecslab.model.service import Service
from ecslab.model.status import TaskStatus
from ecslab.server.load import service_of
from ecslab.server.openlab import OpenLab

Json = dict[str, Any]
Metric = tuple[str, str, frozenset[tuple[str, str]]]
MINUTE = 60.0
MINUTES, LEAST_MINUTES, MOST_MINUTES = 60.0, 5.0, 7 * 24 * 60.0
MOST_POINTS = 360
"""Datapoints of one metric; for a longer stretch the period grows."""
UTILIZATIONS = ("CPUUtilization", "MemoryUtilization")
ENDINGS = {0: "High", 1: "Low"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of lab time, cut into periods (seconds)."""

    start: float
    end: float
    period: int


@dataclass(slots=True, kw_only=True)
class _Watched:
    """One metric with the policies and alarms that look at it."""

    metric: Metric
    statistic: str
    policies: list[ScalingPolicy] = field(default_factory=list)
    alarms: list[Any] = field(default_factory=list)


def chart(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """Everything about ``service`` (and ``cluster``) in the last ``minutes`` of lab time. InvalidParameterException."""
    with lab.timeline.lock:
        service = service_of(lab, request)
        span = _span(service, lab.timeline.now(), request.get("minutes"))
        resource = f"service/{service.cluster_name}/{service.service_name}"
        registry = lab.minute.registry
        target = registry.targets.get(resource)
        watched = _watched(lab, service, registry.policies_of(resource))
        entries = lab.journal.read(kind="scaling.", subject=service.service_arn)
        return {
            "service": service.service_name,
            "cluster": service.cluster_name,
            "arn": service.service_arn,
            "now": span.end,
            "start": span.start,
            "end": span.end,
            "period": span.period,
            "limits": None if target is None else {"least": target.least, "most": target.most},
            "metrics": [_metric(lab, one, span) for one in watched],
            "counts": {"desired": _desired(lab, service, span), "running": _running(lab, service, span)},
            "activities": [_activity(entry) for entry in entries if _happened(entry, span)],
            "cooldowns": _cooldowns(entries, span),
            "loads": [_load(load, span) for load in lab.loads.all() if _concerns(load, service, span)],
        }


def _span(service: Service, now: float, asked: Any) -> Span:
    """From ``asked`` minutes ago, or from the service's creation where it is younger, at a whole minute."""
    try:
        minutes = MINUTES if asked is None else float(asked)
    except (TypeError, ValueError):
        raise InvalidParameterException(f"minutes is a number; it is {asked!r}.") from None
    if not 0 < minutes <= MOST_MINUTES:
        raise InvalidParameterException(f"minutes must be above 0 and at most {MOST_MINUTES:g}; it is {minutes:g}.")
    begin = max(now - MINUTE * minutes, service.created_at)
    begin = min(begin, now - MINUTE * min(minutes, LEAST_MINUTES))
    length = now - begin
    period = int(MINUTE) * max(1, -int(-length // (MINUTE * MOST_POINTS)))
    return Span(start=begin - begin % period, end=now, period=period)


# metrics


def _watched(lab: OpenLab, service: Service, policies: Sequence[ScalingPolicy]) -> list[_Watched]:
    """The metrics of the policies and of the service's other alarms; its CPU and memory where there are none."""
    found: dict[tuple[Metric, str], _Watched] = {}
    own = _own(service)
    for alarm in cloudwatch.backend(lab.backend.place).alarms.values():
        if alarm.rule is not None or alarm.metric_data_queries:
            continue
        calling = [policy for policy in policies if policy.arn in _actions(alarm)]
        metric = metric_of(alarm)
        if not calling and metric not in own:
            continue
        key = metric, alarm.statistic or "Average"
        one = found.setdefault(key, _Watched(metric=metric, statistic=key[1]))
        one.alarms.append(alarm)
        one.policies += [policy for policy in calling if policy not in one.policies]
    return list(found.values()) or [_Watched(metric=metric, statistic="Average") for metric in own]


def _own(service: Service) -> list[Metric]:
    dimensions = {"ClusterName": service.cluster_name, "ServiceName": service.service_name}
    return [cloudwatch.key_of("AWS/ECS", name, dimensions) for name in UTILIZATIONS]


def _actions(alarm: Any) -> list[str]:
    return [*alarm.alarm_actions, *(alarm.ok_actions or ()), *(alarm.insufficient_data_actions or ())]


def _metric(lab: OpenLab, one: _Watched, span: Span) -> Json:
    namespace, name, dimensions = one.metric
    place, start = lab.backend.place, span.start
    count = int((span.end - start) // span.period) + 1
    end = start + count * span.period
    values = cloudwatch.read(place, one.metric, one.statistic, span.period, start=start, end=end)
    return {
        "namespace": namespace,
        "name": name,
        "dimensions": dict(sorted(dimensions)),
        "statistic": one.statistic,
        "percent": namespace == "AWS/ECS",
        "policies": [_policy(policy) for policy in one.policies],
        "alarms": [_alarm(lab, alarm, one.policies, span) for alarm in one.alarms],
        "points": [[start + number * span.period, value] for number, value in enumerate(values)],
    }


def _policy(policy: ScalingPolicy) -> Json:
    target = policy.target if policy.kind == TARGET_TRACKING else None
    return {"name": policy.name, "kind": policy.kind, "target": target}


def _alarm(lab: OpenLab, alarm: Any, policies: Sequence[ScalingPolicy], span: Span) -> Json:
    states = cloudwatch.backend(lab.backend.place).states(alarm.name)
    return {
        "name": alarm.name,
        "label": _label(alarm, policies),
        "state": alarm.state_value,
        "reason": alarm.state_reason,
        "comparison": alarm.comparison_operator,
        "threshold": float(alarm.threshold),
        "periods": int(alarm.evaluation_periods),
        "spans": _stretches(states, span),
    }


def _label(alarm: Any, policies: Sequence[ScalingPolicy]) -> str:
    """Its own name; for the alarms that target tracking made, which have long ones, what they are for."""
    for policy in policies:
        if alarm.name in policy.alarms:
            return f"{policy.name} Alarm{ENDINGS[policy.alarms.index(alarm.name)]}"
    return str(alarm.name)


def _stretches(states: Sequence[tuple[float, str]], span: Span) -> list[list[Any]]:
    """(from, to, state) within the span."""
    ends = [*(at for at, _ in states[1:]), span.end]
    found = ((max(at, span.start), min(end, span.end), state) for (at, state), end in zip(states, ends, strict=True))
    return [[begin, end, state] for begin, end, state in found if begin < end]


# counts


def _desired(lab: OpenLab, service: Service, span: Span) -> list[list[float]]:
    """(lab time, desired count from then on)."""
    entries = lab.journal.read(kind="service.", subject=service.service_arn)
    steps = [[e.at, e.data["desired"]] for e in entries if "desired" in e.data]
    return _from_start(steps, span, service.desired_count)


def _from_start(steps: list[list[float]], span: Span, now: float) -> list[list[float]]:
    """The steps within the span, with the one that holds at its start; equal ones once."""
    before = [value for at, value in steps if at <= span.start]
    within = [step for step in steps if step[0] > span.start]
    first = before[-1] if before else 0 if within else now
    kept = [[span.start, first]]
    for at, value in within:
        if value != kept[-1][1]:
            kept.append([at, value])
    return kept


def _running(lab: OpenLab, service: Service, span: Span) -> list[list[float]]:
    """(lab time, RUNNING tasks from then on), reckoned back from those that run now."""
    tasks = lab.backend.store.tasks_of_service(service.cluster_name, service.service_name)
    count = sum(task.last_status is TaskStatus.RUNNING for task in tasks)
    part = f":task/{service.cluster_name}/"
    moves = [e for e in lab.journal.read(kind="task.status", subject=part) if _is_move(e, service, span)]
    steps: list[list[float]] = []
    for entry in reversed(moves):
        if not steps or steps[-1][0] != entry.at:
            steps.append([entry.at, count])
        count += 1 if entry.data["from"] == TaskStatus.RUNNING else -1
    return [[span.start, count], *reversed(steps)]


def _is_move(entry: Entry, service: Service, span: Span) -> bool:
    data = entry.data
    passes = (data.get("from") == TaskStatus.RUNNING) != (data.get("to") == TaskStatus.RUNNING)
    return passes and data.get("service") == service.service_name and entry.at > span.start


# what scaling did


def _happened(entry: Entry, span: Span) -> bool:
    return entry.at >= span.start and entry.kind in ("scaling.activity", "scaling.held")


def _activity(entry: Entry) -> Json:
    data = entry.data
    held = entry.kind == "scaling.held"
    return {
        "at": entry.at,
        "held": held,
        "text": f"Not scaled: {data['reason']}." if held else data["description"],
        "cause": data.get("cause", ""),
        "count": data.get("count"),
        "direction": data.get("direction", ""),
        "policy": data.get("policy", ""),
    }


def _cooldowns(entries: Sequence[Entry], span: Span) -> list[Json]:
    """When which cooldown lasted. A scale-out ends the cooldown of a scale-in that lasts."""
    found: list[Json] = []
    for entry in entries:
        if not entry.data.get("cooldown"):
            continue
        end, direction = entry.at + float(entry.data["cooldown"]), entry.data["direction"]
        for other in found:
            if direction == "out" or other["direction"] == direction:
                other["end"] = min(other["end"], entry.at)
        found.append({"start": entry.at, "end": end, "direction": direction, "policy": entry.data["policy"]})
    return [row for row in found if row["end"] > span.start and row["end"] > row["start"]]


# loads


def _concerns(load: Load, service: Service, span: Span) -> bool:
    ended = load.stopped_at is not None and load.stopped_at <= span.start
    return (load.cluster, load.service) == (service.cluster_name, service.service_name) and not ended


def _load(load: Load, span: Span) -> Json:
    """(lab time, requests a second from then on), as far as time has come."""
    steps = [[load.started_at + at, rps] for at, rps in load.wish.steps]
    until = span.end if load.stopped_at is None else load.stopped_at
    steps = [[max(at, span.start), rps] for at, rps in steps if at <= until]
    ended = [] if load.stopped_at is None else [[load.stopped_at, 0.0]]
    return {"load": load.load_id, "cost": load.wish.cost, "steps": [*steps, *ended]}
