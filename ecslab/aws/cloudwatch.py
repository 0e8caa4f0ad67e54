"""CloudWatch's metrics and alarms: moto's backend with lab time, an index of datapoints, histories and listeners.

It evaluates nothing (``control.alarms`` does). Invariants: a datapoint without a timestamp has the lab's; an alarm is
born INSUFFICIENT_DATA; every change of state goes through ``change_state``, which writes the history and tells the
listeners. Put into moto as ``ecslab.aws.install`` puts ECS: a factory and a subclass of the responses. Source:
CloudWatch API Reference, PutMetricAlarm, SetAlarmState, DescribeAlarmHistory, PutMetricData.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend, MetricAggregatedDatum, MetricDatum
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from ecslab.aws.context import LabContext
from ecslab.model.arn import Place
from ecslab.scheduler.alarms import COMPARISONS, AlarmState, Missing

Dimensions = Mapping[str, str]
Sample = tuple[float, float, float, float, float]
"""(lab time, minimum, maximum, sum, count)"""
Listener = Callable[[Any, str], None]
"""Told of (alarm, state before)."""
MOST_HISTORY = 100
DAY = 86_400


class LabCloudWatch(CloudWatchBackend):  # type: ignore[misc]
    """CloudWatch of one account and region. ``series`` has every metric's samples, by name and dimensions."""

    context: LabContext
    listeners: list[Listener]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.series: dict[Any, list[Sample]] = {}
        self.history: list[dict[str, Any]] = []
        self._data: dict[Any, list[Any]] = {}
        self._looked_at: list[Any] | None = None

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        now, known = self.context.now(), len(self.metric_data)
        stamped = [{**datum, "Timestamp": datum.get("Timestamp") or _stamp(now)} for datum in metric_data]
        super().put_metric_data(namespace, stamped)
        for datum in self.metric_data[known:]:
            self._index(datum)

    def _index(self, datum: Any) -> None:
        at = _seconds(datum.timestamp)
        sample = (
            (at, datum.value, datum.value, datum.value, 1.0) if isinstance(datum, MetricDatum) else _sample(at, datum)
        )
        key = key_of(datum.namespace, datum.name, {d.name: d.value for d in datum.dimensions})
        bisect.insort(self.series.setdefault(key, []), sample)
        self._data.setdefault(key, []).append(datum)

    def get_metric_statistics(
        self, namespace: str, metric_name: str, *args: Any, dimensions: list[dict[str, str]], **more: Any
    ) -> Any:
        """moto's answer, from the datapoints of this one metric where it is known."""
        key = key_of(namespace, metric_name, {d["Name"]: d["Value"] for d in dimensions or ()})
        self._looked_at = self._data.get(key)
        try:
            return super().get_metric_statistics(namespace, metric_name, *args, dimensions=dimensions, **more)
        finally:
            self._looked_at = None

    def get_all_metrics(self) -> list[Any]:
        """Every datapoint, or those of the one metric that is looked at: moto searches all of what it gets here."""
        if self._looked_at is not None:
            return self._looked_at
        found: list[Any] = super().get_all_metrics()
        return found

    def put_metric_alarm(self, name: str, **given: Any) -> Any:
        _check(given)
        return self.keep_alarm(name, **given)

    def keep_alarm(self, name: str, **given: Any) -> Any:
        """Make or change an alarm without asking whether it can be judged here: one of ECS's own may be on math."""
        before = self.alarms.get(name)
        alarm = super().put_metric_alarm(name=name, **given)
        alarm.state_value = AlarmState.INSUFFICIENT_DATA.value
        if before is not None:
            alarm.state_value, alarm.state_reason = before.state_value, before.state_reason
            alarm.state_reason_data = before.state_reason_data
        alarm.configuration_updated_timestamp = alarm.state_updated_timestamp = _stamp(self.context.now())
        done = "updated" if before is not None else "created"
        self.remember(alarm, "ConfigurationUpdate", f'Alarm "{name}" {done}', {"type": done.capitalize()[:-1]})
        return alarm

    def delete_alarms(self, alarm_names: list[str]) -> None:
        for name in alarm_names:
            if name in self.alarms:
                self.remember(self.alarms[name], "ConfigurationUpdate", f'Alarm "{name}" deleted', {"type": "Delete"})
        super().delete_alarms(alarm_names)

    def set_alarm_state(self, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        alarm = self.alarms.get(alarm_name)
        before = alarm.state_value if alarm is not None else ""
        super().set_alarm_state(alarm_name, reason, reason_data, state_value)
        self._changed(self.alarms[alarm_name], before)

    def change_state(self, alarm: Any, state: AlarmState, reason: str, data: Mapping[str, Any]) -> None:
        """Put an alarm into a state because of its datapoints."""
        before = alarm.state_value
        alarm.update_state(reason, json.dumps(data), state.value)
        self._changed(alarm, before)

    def _changed(self, alarm: Any, before: str) -> None:
        alarm.state_updated_timestamp = _stamp(self.context.now())
        if before == alarm.state_value:
            return
        said = {
            "oldState": {"stateValue": before},
            "newState": {"stateValue": alarm.state_value, "stateReason": alarm.state_reason},
        }
        self.remember(alarm, "StateUpdate", f"Alarm updated from {before} to {alarm.state_value}", said)
        self.context.journal.record(
            "alarm.state",
            alarm.alarm_arn,
            f"alarm {alarm.name} went from {before} to {alarm.state_value}: {alarm.state_reason}",
            alarm=alarm.name,
            before=before,
            state=alarm.state_value,
        )
        for listener in tuple(self.listeners):
            listener(alarm, before)

    def remember(self, alarm: Any, kind: str, summary: str, data: Mapping[str, Any]) -> None:
        """Write an item of an alarm's history."""
        self.history.append(
            {
                "AlarmName": alarm.name,
                "AlarmType": "MetricAlarm",
                "Timestamp": _stamp(self.context.now()),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps({"version": "1.0", **data}),
            }
        )

    def states(self, name: str) -> list[tuple[float, str]]:
        """(lab time, state from then on) of an alarm since it was made, oldest first."""
        found: list[tuple[float, str]] = []
        for item in self.history:
            if item["AlarmName"] != name:
                continue
            data, at = json.loads(item["HistoryData"]), _seconds(item["Timestamp"])
            if item["HistoryItemType"] == "StateUpdate":
                found.append((at, data["newState"]["stateValue"]))
            elif data.get("type") == "Create":
                found = [(at, AlarmState.INSUFFICIENT_DATA.value)]
        return found

    def histories(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What DescribeAlarmHistory answers, newest first unless asked otherwise."""
        name, kind = request.get("AlarmName"), request.get("HistoryItemType")
        found = [h for h in self.history if name in (None, h["AlarmName"]) and kind in (None, h["HistoryItemType"])]
        begin, end = request.get("StartDate"), request.get("EndDate")
        found = [h for h in found if _within(h["Timestamp"], begin, end)]
        return found if request.get("ScanBy") == "TimestampAscending" else found[::-1]


def _within(stamp: datetime, begin: Any, end: Any) -> bool:
    at = _seconds(stamp)
    return (begin is None or at >= _seconds(begin)) and (end is None or at <= _seconds(end))


def _check(given: Mapping[str, Any]) -> None:
    """What an alarm must have to be evaluated here."""
    if given.get("rule"):
        return
    if given.get("metric_data_queries"):
        raise ValidationError(
            "Alarms on metric math are not in this lab. Publish the computed value with PutMetricData."
        )
    comparison = given.get("comparison_operator")
    if comparison not in COMPARISONS:
        raise ValidationError(
            f"ComparisonOperator {comparison} is not in this lab, which has no anomaly detection. "
            f"Use one of {', '.join(COMPARISONS)}."
        )
    if given.get("extended_statistic"):
        raise ValidationError(
            "Percentiles are not in this lab. Use Statistic: Average, Sum, Minimum, Maximum, SampleCount."
        )
    periods, period = int(given.get("evaluation_periods") or 0), int(given.get("period") or 0)
    if periods < 1 or period < 1:
        raise ValidationError("EvaluationPeriods and Period must be at least 1. Try Period=60, EvaluationPeriods=3.")
    if period not in (10, 20, 30) and period % 60:
        raise InvalidParameterValue("Period must be 10, 20, 30 or a multiple of 60.")
    if periods * period > DAY and period < 3600:
        raise ValidationError("Metrics cannot be checked across more than a day (EvaluationPeriods * Period > 86400).")
    to_alarm = given.get("datapoints_to_alarm")
    if to_alarm is not None and not 1 <= int(to_alarm) <= periods:
        raise ValidationError(
            f"DatapointsToAlarm must be between 1 and EvaluationPeriods ({periods}); it is {to_alarm}."
        )
    missing = given.get("treat_missing_data")
    if missing and missing not in tuple(Missing):
        raise ValidationError(f"TreatMissingData '{missing}' is not one of {', '.join(Missing)}.")


class _Verbs(CloudWatchResponse):  # type: ignore[misc]
    """moto's responses with the verb it lacks."""

    def describe_alarm_history(self) -> ActionResult:
        request = self._get_params()
        most = int(request.get("MaxRecords") or MOST_HISTORY)
        start = int(request.get("NextToken") or 0)
        found = self.cloudwatch_backend.histories(request)
        more = {"NextToken": str(start + most)} if len(found) > start + most else {}
        return ActionResult({"AlarmHistoryItems": found[start : start + most], **more})


def install(context: LabContext) -> None:
    """Put our CloudWatch into moto for this lab; moto's backends are reset after it."""
    from moto.backends import get_backend
    from moto.cloudwatch import urls

    class Bound(LabCloudWatch):
        """The backend bound to this open lab."""

    Bound.__module__ = CloudWatchBackend.__module__
    Bound.context, Bound.listeners = context, []
    get_backend("cloudwatch").backend = Bound
    urls.url_paths["{0}/$"] = _Verbs.dispatch


def backend(place: Place) -> LabCloudWatch:
    """CloudWatch of an account and region."""
    from moto.backends import get_backend

    found: LabCloudWatch = get_backend("cloudwatch")[place.account][place.region]
    return found


def in_alarm(place: Place, names: Iterable[str]) -> frozenset[str]:
    """Those of the alarms that are in ALARM."""
    alarms = backend(place).alarms
    return frozenset(n for n in names if n in alarms and alarms[n].state_value == AlarmState.ALARM)


def key_of(namespace: str, name: str, dimensions: Dimensions) -> tuple[str, str, frozenset[tuple[str, str]]]:
    """What tells one metric from another."""
    return namespace, name, frozenset(dimensions.items())


def publish(
    place: Place,
    namespace: str,
    name: str,
    dimensions: Dimensions,
    values: tuple[float, ...],
    *,
    at: float,
    unit: str = "Percent",
    average: float | None = None,
) -> None:
    """Store one datapoint made of ``values`` samples at lab time ``at``, as PutMetricData with statistics would.

    ``average`` is what the statistic Average gives, where samples of different weight make it another than their mean.
    """
    if not values:
        return
    total = sum(values) if average is None else average * len(values)
    statistics = {"Minimum": min(values), "Maximum": max(values), "Sum": total, "SampleCount": len(values)}
    datum = {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "StatisticValues": statistics,
        "Timestamp": _stamp(at),
        "Unit": unit,
    }
    backend(place).put_metric_data(namespace, [datum])


def read(
    place: Place,
    metric: tuple[str, str, frozenset[tuple[str, str]]],
    statistic: str,
    period: int,
    *,
    start: float,
    end: float,
) -> list[float | None]:
    """The value of each period from ``start`` to ``end`` (lab time), oldest first; None where there is no sample."""
    samples = backend(place).series.get(metric, [])
    found: list[float | None] = []
    count = max(0, round((end - start) / period))
    for number in range(count):
        low = bisect.bisect_left(samples, (start + number * period,))
        high = bisect.bisect_left(samples, (start + (number + 1) * period,))
        found.append(_statistic(samples[low:high], statistic))
    return found


def _statistic(samples: list[Sample], statistic: str) -> float | None:
    if not samples:
        return None
    count = sum(sample[4] for sample in samples)
    match statistic:
        case "Minimum":
            return min(sample[1] for sample in samples)
        case "Maximum":
            return max(sample[2] for sample in samples)
        case "SampleCount":
            return count
        case "Sum":
            return sum(sample[3] for sample in samples)
    return sum(sample[3] for sample in samples) / count if count else None


def _sample(at: float, datum: MetricAggregatedDatum) -> Sample:
    return at, float(datum.min), float(datum.max), float(datum.sum), float(datum.sample_count)


def _stamp(at: float) -> datetime:
    """A moment as moto keeps it: UTC without saying so."""
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)


def _seconds(stamp: datetime) -> float:
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
