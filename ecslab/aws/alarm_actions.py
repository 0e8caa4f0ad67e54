"""What an alarm does when its state changes: it publishes to SNS topics and calls scaling policies, and its history
tells both.

A scaling policy is only called by name here; whether it scales ``control.scaling`` decides each minute. Invariants:
actions run at a change of state, never while it lasts; with ActionsEnabled false none runs; each action that runs is an
item of the history. Source: CloudWatch User Guide, "Alarm actions", "Notifying users on alarm changes"; the message is
the one that CloudWatch sends to SNS (its default format), HistoryData as DescribeAlarmHistory gives it for an action.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ecslab.aws import cloudwatch
from ecslab.aws.context import LabContext
from ecslab.model.arn import Place
from ecslab.scheduler.alarms import AlarmState

SNS, POLICY = "arn:aws:sns:", "arn:aws:autoscaling:"
OUTSIDE = ("http", "https", "lambda")
"""Protocols of subscriptions that moto serves by really calling something."""
MOST_SUBJECT = 100


class AlarmActions:
    """The actions of the alarms of one account and region. ``is_policy`` says whether a scaling policy is known."""

    def __init__(self, place: Place, context: LabContext, is_policy: Callable[[str], bool]) -> None:
        self._place = place
        self._context = context
        self._is_policy = is_policy

    def heard(self, alarm: Any, before: str) -> None:
        """Run the actions of the state that an alarm is in now (a listener of ``cloudwatch``)."""
        if not alarm.actions_enabled:
            return
        chosen = {
            AlarmState.ALARM: alarm.alarm_actions,
            AlarmState.OK: alarm.ok_actions,
            AlarmState.INSUFFICIENT_DATA: alarm.insufficient_data_actions,
        }[AlarmState(alarm.state_value)]
        for arn in chosen or ():
            self._run(alarm, before, arn)

    def _run(self, alarm: Any, before: str, arn: str) -> None:
        message = json.dumps(message_of(alarm, before, self._place))
        if arn.startswith(SNS):
            self._publish(alarm, arn, message)
        elif not arn.startswith(POLICY):
            self._tell(alarm, arn, message, "This lab runs actions on SNS topics and scaling policies only.")
        elif not self._is_policy(arn):
            self._tell(alarm, arn, message, "The scaling policy does not exist.")
        else:
            self._tell(alarm, arn, message, "")

    # SNS

    def _publish(self, alarm: Any, arn: str, message: str) -> None:
        """At once; outside the lab's lock where a subscriber is really called and may take its time."""
        topics = _sns(arn)
        if topics is None:
            self._tell(alarm, arn, message, "This is not the ARN of a topic.")
            return
        subject = _subject(alarm, self._place.region)

        def send() -> str:
            try:
                topics.publish(message, arn=arn, subject=subject)
            except Exception as failed:  # whatever moto or a subscriber does wrong: CloudWatch writes it down, goes on
                return str(getattr(failed, "message", "") or failed)
            return ""

        waits = any(s.protocol in OUTSIDE for s in topics.subscriptions.values() if s.topic.arn == arn)
        if not waits:
            self._tell(alarm, arn, message, send())
            return

        def told(failure: str | None, error: BaseException | None) -> None:
            self._tell(alarm, arn, message, failure or "")

        self._context.timeline.offload(send, told)

    # history

    def _tell(self, alarm: Any, arn: str, message: str, failure: str) -> None:
        known = cloudwatch.backend(self._place)
        published = json.dumps({"default": message})
        data = {
            "actionState": "Failed" if failure else "Succeeded",
            "stateUpdateTimestamp": round(1000 * self._context.now()),
            "notificationResource": arn,
            "publishedMessage": published,
            "error": failure or None,
        }
        summary = f"Successfully executed action {arn}"
        if failure:
            summary = f'Failed to execute action {arn}. Received error: "{failure}"'
        known.remember(alarm, "Action", summary, data)
        text = f"alarm {alarm.name}, now {alarm.state_value}: {summary[0].lower()}{summary[1:]}"
        self._context.journal.record("alarm.action", alarm.alarm_arn, text, alarm=alarm.name, action=arn, error=failure)


def _sns(arn: str) -> Any:
    """moto's SNS of the account and region that a topic's ARN names; None where it names none."""
    from moto.backends import get_backend

    parts = arn.split(":")
    return get_backend("sns")[parts[4]][parts[3]] if len(parts) == 6 and parts[3] and parts[4] else None


def _subject(alarm: Any, region: str) -> str:
    return f'{alarm.state_value}: "{alarm.name}" in {region_name(region)}'[:MOST_SUBJECT]


def message_of(alarm: Any, before: str, place: Place) -> dict[str, Any]:
    """What CloudWatch tells a topic of an alarm's change of state, as it orders it."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description or None,
        "AWSAccountId": place.account,
        "AlarmConfigurationUpdatedTimestamp": _time(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _time(alarm.state_updated_timestamp),
        "Region": region_name(place.region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": list(alarm.ok_actions or ()),
        "AlarmActions": list(alarm.alarm_actions or ()),
        "InsufficientDataActions": list(alarm.insufficient_data_actions or ()),
        "Trigger": _trigger(alarm),
    }


def _trigger(alarm: Any) -> dict[str, Any]:
    trigger = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": "Statistic",
        "Statistic": _STATISTICS.get(alarm.statistic or "Average"),
        "Unit": alarm.unit or None,
        "Dimensions": [{"value": d.value, "name": d.name} for d in alarm.dimensions],
        "Period": int(alarm.period),
        "EvaluationPeriods": int(alarm.evaluation_periods),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": float(alarm.threshold),
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": "",
    }
    if alarm.datapoints_to_alarm:
        trigger["DatapointsToAlarm"] = int(alarm.datapoints_to_alarm)
    return trigger


_STATISTICS = {
    "Average": "AVERAGE",
    "Sum": "SUM",
    "Minimum": "MINIMUM",
    "Maximum": "MAXIMUM",
    "SampleCount": "SAMPLE_COUNT",
}


def _time(stamp: datetime) -> str:
    """As CloudWatch writes times in its messages: 2026-01-01T00:00:00.000+0000."""
    whole = stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp
    return f"{whole.isoformat(timespec='milliseconds')[:23]}+0000"


@cache
def region_name(region: str) -> str:
    """A region's name in words, as AWS's endpoint list has it; the region itself where it has none."""
    from botocore.loaders import Loader

    partitions = Loader().load_data("endpoints")["partitions"]
    return next((str(p["regions"][region]["description"]) for p in partitions if region in p["regions"]), region)
