"""The alarm loop: reads each alarm's datapoints once a lab minute and puts it into the state they say.

What the state is, ``scheduler.alarms`` decides. Invariant: an alarm is judged over whole periods that have ended. An
alarm that nothing feeds stays INSUFFICIENT_DATA; the journal says so once, with the metrics that are published.
"""

from __future__ import annotations

from typing import Any

from ecslab.aws import cloudwatch
from ecslab.model.arn import Place
from ecslab.scheduler.alarms import AlarmRule, AlarmState, Missing, evaluate


class Alarms:
    """The alarms of one account and region."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._told: set[str] = set()

    def tick(self, now: float) -> None:
        """Judge every metric alarm at lab time ``now``."""
        backend = cloudwatch.backend(self._place)
        for alarm in tuple(backend.alarms.values()):
            if alarm.rule is None and not alarm.metric_data_queries:
                self._judge(backend, alarm, now)

    def _judge(self, backend: Any, alarm: Any, now: float) -> None:
        rule = rule_of(alarm)
        period = int(alarm.period)
        end = now - now % period if period >= 60 else now
        metric = metric_of(alarm)
        start = end - rule.looks_at * period
        points = cloudwatch.read(self._place, metric, alarm.statistic or "Average", period, start=start, end=end)
        before = AlarmState(alarm.state_value)
        verdict = evaluate(rule, points, before)
        if verdict.state is not before:
            data = {"recentDatapoints": list(verdict.values), "threshold": rule.threshold, "period": period}
            backend.change_state(alarm, verdict.state, verdict.reason, data)
        elif not verdict.values and metric not in backend.series:
            self._tell_silent(backend, alarm, metric)

    def _tell_silent(self, backend: Any, alarm: Any, metric: Any) -> None:
        """Nobody publishes this metric: say it once, with what is published under that namespace."""
        if alarm.name in self._told:
            return
        self._told.add(alarm.name)
        namespace, name, dimensions = metric
        shown = ", ".join(f"{key}={value}" for key, value in sorted(dimensions)) or "no dimensions"
        backend.context.journal.record(
            "alarm.silent",
            alarm.alarm_arn,
            f"alarm {alarm.name} watches {namespace} {name} with {shown}, which nobody publishes. "
            f"{_published(backend, namespace)}",
            alarm=alarm.name,
        )


def _published(backend: Any, namespace: str) -> str:
    known = sorted({(n, m, tuple(sorted(d))) for n, m, d in backend.series if n == namespace})
    if not known:
        others = sorted({n for n, _, _ in backend.series})
        return f"Namespaces with metrics: {', '.join(others) or 'none yet'}."
    rows = (f"{m} with {', '.join(f'{k}={v}' for k, v in d) or 'no dimensions'}" for _, m, d in known[:5])
    return f"Published there: {'; '.join(rows)}."


def rule_of(alarm: Any) -> AlarmRule:
    """moto's alarm as a rule."""
    return AlarmRule(
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        periods=int(alarm.evaluation_periods),
        to_alarm=int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        missing=Missing(alarm.treat_missing_data or "missing"),
    )


def metric_of(alarm: Any) -> tuple[str, str, frozenset[tuple[str, str]]]:
    """The metric an alarm watches."""
    return cloudwatch.key_of(alarm.namespace, alarm.metric_name, {d.name: d.value for d in alarm.dimensions})


def latest(place: Place, alarm: Any, now: float) -> float | None:
    """The newest datapoint that an alarm has judged."""
    period, rule = int(alarm.period), rule_of(alarm)
    end = now - now % period if period >= 60 else now
    start = end - rule.looks_at * period
    points = cloudwatch.read(place, metric_of(alarm), alarm.statistic or "Average", period, start=start, end=end)
    return next((value for value in reversed(points) if value is not None), None)
