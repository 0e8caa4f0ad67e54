"""lab.load, lab.loads, lab.chart and lab.time.until, as a learner uses them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from ecslab import Lab
from ecslab.client.chart import Chart
from ecslab.client.progress import Progress
from ecslab.errors import EcslabError, LabError

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/default/shop",
    "ScalableDimension": "ecs:service:DesiredCount",
}
TRACKING = {
    "TargetValue": 60,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
}


@pytest.fixture
def shop(lab: Lab) -> Lab:
    """The lab with a service shop of two tasks of a quarter of a vCPU each."""
    ecs = lab.client("ecs")
    container = {"name": "web", "image": "ecslab/web:1", "memory": 64, "portMappings": [{"containerPort": 80}]}
    ecs.register_task_definition(family="shop", cpu="256", containerDefinitions=[container])
    ecs.create_service(serviceName="shop", taskDefinition="shop", desiredCount=2)
    lab.wait("services_stable", cluster="default", services=["shop"])
    return lab


def scaled(lab: Lab) -> Chart:
    """A service that was scaled out and in."""
    scaling = lab.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=6)
    scaling.put_scaling_policy(
        **TARGET,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )
    lab.load("shop", pattern=[(0, 2), (5, 9)], minutes=15)
    lab.time.advance(minutes=40)
    return lab.chart("shop")


def drawn(chart: Chart) -> ET.Element:
    """The drawing as XML, which must be well-formed."""
    found = re.search(r"<svg.*</svg>", chart._repr_html_(), re.S)
    assert found is not None
    return ET.fromstring(found.group())


def words(drawing: ET.Element) -> set[str]:
    return {element.text or "" for element in drawing.iter("{http://www.w3.org/2000/svg}text")}


def test_a_load_says_what_it_asks_and_what_became_of_it(shop: Lab) -> None:
    load = shop.load("shop", rps=4)
    assert (load.running, load.rps) == (True, 4)
    shop.time.advance(minutes=2)
    assert load.requests == 480
    assert load.failures == 0
    assert "4 requests a second × 0.05 vCPU-seconds = 0.20 vCPUs; 480 requests, 0 failed" in repr(load)
    assert "Load on shop" in load._repr_html_()
    load.stop()
    assert not load.running
    assert "ended at" in repr(load.stop())


def test_a_load_in_a_with_block_ends_with_it(shop: Lab) -> None:
    with shop.load(shop.client("ecs").describe_services(services=["shop"]), rps=2) as load:
        assert load.running
    assert not load.running
    assert [known.id for known in shop.loads()] == [load.id]
    assert "ended at" in repr(shop.loads())


def test_a_lab_without_loads_says_so(lab: Lab) -> None:
    assert repr(lab.loads()) == "(no load was put on a service)"
    assert "No load was put on a service." in lab.loads()._repr_html_()


def test_a_load_that_cannot_be_is_refused_with_what_to_try(shop: Lab) -> None:
    with pytest.raises(EcslabError, match=r"rps=40, or pattern="):
        shop.load("shop")
    with pytest.raises(EcslabError, match="Services: shop in default"):
        shop.load("shpo", rps=4)


def test_until_moves_virtual_time_and_gives_what_it_found(shop: Lab) -> None:
    shop.load("shop", rps=1)
    before = shop.time.seconds()
    assert shop.time.until(lambda: shop.loads()[0].requests >= 300 and "found", minutes=10) == "found"
    assert 300 <= shop.time.seconds() - before <= 310


def test_until_in_vain_ends_at_its_minutes_and_says_how_things_stood(shop: Lab) -> None:
    before = shop.time.seconds()
    with pytest.raises(LabError, match=r"within 3 minutes; it last gave 0. Services now: shop runs 2 of 2"):
        shop.time.until(lambda: 0, minutes=3)
    assert shop.time.seconds() - before == 180
    with pytest.raises(LabError, match="is an answer already") as caught:
        shop.time.until(True, minutes=3)  # type: ignore[arg-type]
    assert "lambda" in caught.value.hint


def test_a_wait_that_is_watched_shows_how_long_it_lasts_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []

    class Handle:
        def update(self, thing: Any) -> None:
            shown.append(thing.data)

    def display(thing: Any, display_id: bool) -> Handle:
        shown.append(thing.data)
        return Handle()

    monkeypatch.setattr("ecslab.client.view.somebody_looks_on", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    progress = Progress()
    progress.show(90, 600, "Services now: web runs 1 of 2.")
    progress.show(120, 600, "Services now: web runs 2 of 2.")
    progress.close()
    assert "waiting: 1.5 of at most 10 lab minutes. Services now: web runs 1 of 2." in shown[0]
    assert "web runs 2 of 2" in shown[1]
    assert shown[2] == ""


def test_a_wait_that_nobody_watches_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.show(90, 600, "state")
    progress.close()
    assert capsys.readouterr().out == ""


def test_a_chart_shows_target_alarms_counts_activities_and_cooldowns(shop: Lab) -> None:
    said = words(drawn(scaled(shop)))
    for expected in ("Requests a second", "CPUUtilization, Average", "Tasks", "target 60 (cpu)", "cpu AlarmLow 54"):
        assert expected in said
    assert {"cpu AlarmHigh", "cpu AlarmLow", "desired 2", "running 2", "minimum 2", "maximum 6"} <= said
    assert {"ALARM", "OK", "cooldown after"} <= said
    assert {text for text in said if text.startswith(("▲", "▼"))} == {"▲3", "▼2"}


def test_a_chart_as_text_has_the_same_facts(shop: Lab) -> None:
    text = repr(scaled(shop))
    for expected in (
        "requests/s",
        "CPUUtilization",
        "target 60 (policy cpu)",
        "cpu AlarmHigh",
        "A is ALARM: < 54",
        "now 2, between 2 and 6",
        "cooldown",
        "Setting desired count to 2. monitor alarm cpu AlarmLow in state ALARM triggered policy cpu",
    ):
        assert expected in text
    lengths = {line.index("now ") for line in text.splitlines() if "  now " in line}
    assert len(lengths) == 1


def test_a_chart_of_a_service_that_nobody_scales_says_so(shop: Lab) -> None:
    chart = shop.chart("shop")
    assert "No datapoint of CPUUtilization and MemoryUtilization yet." in chart._repr_html_()
    assert "No scaling activity in this time." in chart._repr_html_()
    shop.time.advance(minutes=3)
    chart = shop.chart("shop", minutes=10)
    assert {"CPUUtilization and MemoryUtilization, Average", "CPU 0%"} <= words(drawn(chart))
    assert "not a scalable target" in repr(chart)


def test_nothing_in_a_name_can_break_a_chart(shop: Lab) -> None:
    shop.client("cloudwatch").put_metric_alarm(
        AlarmName='<b>&"loud"',
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": "shop"}],
        Statistic="Average",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=50,
        Period=60,
        EvaluationPeriods=1,
    )
    shop.time.advance(minutes=3)
    chart = shop.chart("shop")
    assert any("<b>" in text for text in words(drawn(chart)))
    assert "<b>" not in chart._repr_html_()
