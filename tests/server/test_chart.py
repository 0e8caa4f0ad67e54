"""Claims about the data of a chart (GET /_ecslab/scaling): complete, about one service, within its stretch of time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from ecslab.errors import InvalidParameterException
from tests.server.conftest import Served
from tests.server.test_scaling import Make, Web
from tests.server.test_scaling import web as web_fixture

web = web_fixture


def chart(served: Served, **more: Any) -> dict[str, Any]:
    return served.api.handle("GET", "scaling", {"service": "web", **more})


def values(rows: list[list[float]]) -> list[float]:
    return [value for _, value in rows]


def test_a_service_without_a_policy_shows_its_cpu_its_memory_and_its_counts(web: Make) -> None:
    shop = web("0.1", 3)
    shop.minutes(4)
    said = chart(shop.served)
    assert [metric["name"] for metric in said["metrics"]] == ["CPUUtilization", "MemoryUtilization"]
    assert said["metrics"][0]["points"][-2][1] == pytest.approx(40, abs=0.1)
    assert said["limits"] is None
    assert said["activities"] == said["cooldowns"] == said["loads"] == []
    assert values(said["counts"]["desired"])[-1] == values(said["counts"]["running"])[-1] == 3


def test_a_scale_out_is_there_with_its_alarm_its_activity_and_its_cooldown(web: Make) -> None:
    shop = web("0.225")
    shop.target()
    shop.track(60)
    shop.minutes(4)
    said = chart(shop.served)
    (metric,) = said["metrics"]
    assert metric["policies"] == [{"name": "cpu", "kind": "TargetTrackingScaling", "target": 60.0}]
    high, low = metric["alarms"]
    assert (high["label"], high["threshold"], low["label"], low["threshold"]) == (
        "cpu AlarmHigh",
        60,
        "cpu AlarmLow",
        54,
    )
    assert [state for _, _, state in high["spans"]] == ["INSUFFICIENT_DATA", "ALARM"]
    (activity,) = said["activities"]
    assert (activity["count"], activity["direction"], activity["policy"]) == (6, "out", "cpu")
    assert said["cooldowns"] == [
        {"start": activity["at"], "end": activity["at"] + 300, "direction": "out", "policy": "cpu"}
    ]
    assert values(said["counts"]["desired"])[-2:] == values(said["counts"]["running"])[-2:] == [4, 6]
    assert said["limits"] == {"least": 1, "most": 10}


def test_what_holds_scaling_back_is_told_too(web: Make) -> None:
    shop = web("0.225")
    shop.target(most=5)
    shop.track(60)
    shop.minutes(8)
    told = [(row["held"], row["text"]) for row in chart(shop.served)["activities"]]
    assert told == [
        (False, "Setting desired count to 5."),
        (True, "Not scaled: it is at its maximum of 5, and 6 are wanted."),
    ]


def test_a_policy_of_a_metric_of_ones_own_shows_that_metric(web: Make) -> None:
    shop = web("0.1", 2)
    shop.target()
    shop.track(100, "backlog", CustomizedMetricSpecification={
        "MetricName": "Backlog", "Namespace": "Shop", "Statistic": "Average"})  # fmt: skip
    for value in (10, 20, 30):
        shop.put("Backlog", value)
        shop.minutes(1)
    (metric,) = chart(shop.served)["metrics"]
    assert (metric["namespace"], metric["name"], metric["percent"]) == ("Shop", "Backlog", False)
    assert [value for value in values(metric["points"]) if value is not None] == [10, 20, 30]


def test_an_alarm_of_the_learners_own_is_shown_under_its_name(web: Make) -> None:
    shop = web("0.1", 2)
    shop.cloudwatch.put_metric_alarm(
        AlarmName="quiet",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": "web"}],
        Statistic="Average",
        ComparisonOperator="LessThanThreshold",
        Threshold=50,
        Period=60,
        EvaluationPeriods=2,
    )
    shop.minutes(4)
    (metric,) = chart(shop.served)["metrics"]
    assert [alarm["label"] for alarm in metric["alarms"]] == ["quiet"]
    assert metric["alarms"][0]["spans"][-1][2] == metric["alarms"][0]["state"] == "ALARM"
    assert metric["policies"] == []


def test_a_load_is_shown_as_far_as_time_has_come(web: Make) -> None:
    shop = web("0", 2)
    shop.served.api.handle("POST", "loads", {"service": "web", "pattern": [[0, 2], [2, 6], [30, 9]]})
    shop.minutes(5)
    (load,) = chart(shop.served)["loads"]
    assert values(load["steps"]) == [2, 6]
    shop.served.api.handle("POST", "loads/stop", {})
    shop.minutes(1)
    assert values(chart(shop.served)["loads"][0]["steps"]) == [2, 6, 0]


def test_everything_lies_within_the_minutes_asked_for_and_in_order(web: Make) -> None:
    shop = web("0.225")
    shop.target()
    shop.track(60)
    shop.served.api.handle("POST", "loads", {"service": "web", "rps": 1})
    shop.minutes(40)
    said = chart(shop.served, minutes="20")
    assert said["end"] - said["start"] == pytest.approx(20 * 60, abs=60)
    stretches = [span for metric in said["metrics"] for alarm in metric["alarms"] for span in alarm["spans"]]
    assert all(said["start"] <= begin < end <= said["end"] for begin, end, _ in stretches)
    series = [*said["counts"].values(), said["metrics"][0]["points"], said["loads"][0]["steps"]]
    for rows in series:
        assert all(said["start"] <= at <= said["end"] for at, _ in rows)
        assert all(before[0] < after[0] for before, after in pairwise(rows))
    assert said["activities"] == []
    assert values(said["counts"]["desired"]) == [10]


def test_a_long_time_is_cut_into_longer_periods(web: Make) -> None:
    shop = web("0.1", 2)
    shop.minutes(24 * 60)
    said = chart(shop.served, minutes=24 * 60)
    assert said["period"] == 240
    assert len(said["metrics"][0]["points"]) <= 362


@pytest.mark.parametrize(
    ("given", "said"),
    [({"service": "ghost"}, "no ACTIVE service 'ghost'"), ({"minutes": "x"}, "a number"), ({"minutes": 0}, "above 0")],
)
def test_what_cannot_be_shown_is_refused(web: Callable[..., Web], given: dict[str, Any], said: str) -> None:
    shop = web("0", 1)
    with pytest.raises(InvalidParameterException, match=said):
        chart(shop.served, **given)
