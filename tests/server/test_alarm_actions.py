"""What an alarm's change of state sets off: messages to topics, calls of policies, and a history that tells both."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.conftest import Served
from tests.server.test_scaling import Make, Web
from tests.server.test_scaling import web as web_fixture

web = web_fixture
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")


class Bell:
    """An alarm on a metric of the test's own, a topic, and a queue that is subscribed to it."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.cloudwatch = served.client("cloudwatch")
        self.sns, self.sqs = served.client("sns"), served.client("sqs")
        self.topic = self.sns.create_topic(Name="oncall")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="pager")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)

    def alarm(self, **more: Any) -> None:
        self.cloudwatch.put_metric_alarm(
            **{
                "AlarmName": "backlog",
                "AlarmDescription": "orders wait",
                "Namespace": "Shop",
                "MetricName": "Backlog",
                "Dimensions": [{"Name": "Queue", "Value": "orders"}],
                "Statistic": "Maximum",
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 10,
                "Period": 60,
                "EvaluationPeriods": 1,
                "AlarmActions": [self.topic],
            }
            | more
        )

    def ring(self, value: float = 50, minutes: int = 2) -> None:
        datum = {"MetricName": "Backlog", "Value": value, "Dimensions": [{"Name": "Queue", "Value": "orders"}]}
        for _ in range(minutes):
            self.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[datum])
            self.served.lab.timeline.advance(60)

    def received(self) -> list[dict[str, Any]]:
        """The notifications in the queue, SNS's envelope around them."""
        answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def actions(self) -> list[dict[str, Any]]:
        found = self.cloudwatch.describe_alarm_history(AlarmName="backlog", HistoryItemType="Action")
        return list(found["AlarmHistoryItems"])


@pytest.fixture
def bell(serve: Callable[..., Served]) -> Bell:
    return Bell(serve())


def test_a_queue_that_is_subscribed_receives_cloudwatchs_message(bell: Bell) -> None:
    bell.alarm()
    bell.ring()
    (envelope,) = bell.received()
    assert envelope["Subject"] == 'ALARM: "backlog" in US East (N. Virginia)'
    assert envelope["TopicArn"] == bell.topic
    said = json.loads(envelope["Message"])
    assert (said["AlarmName"], said["NewStateValue"], said["OldStateValue"]) == (
        "backlog",
        "ALARM",
        "INSUFFICIENT_DATA",
    )
    assert said["AlarmDescription"] == "orders wait"
    assert "was greater than the threshold (10)" in said["NewStateReason"]
    assert said["StateChangeTime"].startswith("2026-01-01T00:0")
    assert said["StateChangeTime"].endswith(".000+0000")
    assert said["AlarmActions"] == [bell.topic]
    assert said["Trigger"] == {
        "MetricName": "Backlog",
        "Namespace": "Shop",
        "StatisticType": "Statistic",
        "Statistic": "MAXIMUM",
        "Unit": None,
        "Dimensions": [{"value": "orders", "name": "Queue"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 10.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


def test_the_history_tells_the_action_once_however_long_the_alarm_lasts(bell: Bell) -> None:
    bell.alarm()
    bell.ring(minutes=6)
    (item,) = bell.actions()
    assert item["HistorySummary"] == f"Successfully executed action {bell.topic}"
    data = json.loads(item["HistoryData"])
    assert (data["actionState"], data["notificationResource"], data["error"]) == ("Succeeded", bell.topic, None)
    assert json.loads(json.loads(data["publishedMessage"])["default"])["AlarmName"] == "backlog"
    assert len(bell.received()) == 1


def test_each_state_has_its_own_actions(bell: Bell) -> None:
    bell.alarm(AlarmActions=[], OKActions=[bell.topic])
    bell.ring(50)
    assert bell.received() == []
    bell.ring(1)
    assert [json.loads(m["Message"])["NewStateValue"] for m in bell.received()] == ["OK"]


def test_a_state_set_by_hand_runs_the_actions_too(bell: Bell) -> None:
    bell.alarm(OKActions=[bell.topic], InsufficientDataActions=[bell.topic])
    for state in STATES:
        bell.cloudwatch.set_alarm_state(AlarmName="backlog", StateValue=state, StateReason="a drill")
    assert [json.loads(m["Message"])["NewStateValue"] for m in bell.received()] == list(STATES)
    assert len(bell.actions()) == 3


def test_disabled_actions_do_not_run(bell: Bell) -> None:
    bell.alarm(ActionsEnabled=False)
    bell.ring()
    assert bell.received() == []
    assert bell.actions() == []


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:sns:us-east-1:123456789012:nobody", "nobody"),
        ("arn:aws:sns:oops", "not the ARN of a topic"),
        ("arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:0:policyName/gone", "does not exist"),
        ("arn:aws:lambda:us-east-1:123456789012:function:f", "SNS topics and scaling policies only"),
    ],
)
def test_an_action_that_cannot_run_is_a_failed_action_and_stops_no_other(bell: Bell, arn: str, said: str) -> None:
    bell.alarm(AlarmActions=[arn, bell.topic])
    bell.ring()
    good, failed = bell.actions()
    assert good["HistorySummary"].startswith("Successfully")
    assert failed["HistorySummary"].startswith(f"Failed to execute action {arn}. Received error: ")
    data = json.loads(failed["HistoryData"])
    assert data["actionState"] == "Failed"
    assert said in data["error"] or said in arn
    assert len(bell.received()) == 1


def test_a_scaling_policy_that_is_called_is_in_the_history(web: Make) -> None:
    shop: Web = web()
    shop.target()
    shop.track(60)
    shop.minutes(4)
    name = shop.alarm("High")["AlarmName"]
    found = shop.cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
    policy = shop.scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"][0]["PolicyARN"]
    assert [item["HistorySummary"] for item in found] == [f"Successfully executed action {policy}"]
    told = shop.served.lab.journal.read(kind="alarm.action")
    assert f"successfully executed action {policy}" in told[-1].text
