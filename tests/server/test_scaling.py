"""Claims about service auto scaling, through boto3 on a served lab with virtual time: AWS's timing, to the minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served

RESOURCE = "service/default/web"
COMMON = {"ServiceNamespace": "ecs", "ResourceId": RESOURCE, "ScalableDimension": "ecs:service:DesiredCount"}
CPU = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}


class Web:
    """A service of tasks with a quarter of a vCPU each, whose use the test decides."""

    def __init__(self, served: Served, cpu: str, count: int = 4) -> None:
        self.served = served
        self.scaling = served.client("application-autoscaling")
        self.cloudwatch = served.client("cloudwatch")
        self.use(cpu, count=count)

    def use(self, cpu: str, count: int | None = None) -> None:
        arn = self.served.register(cpu="256", container={"dockerLabels": {"sim.cpu": cpu}})
        if count is not None:
            self.served.ecs.create_service(serviceName="web", taskDefinition=arn, desiredCount=count)
            self.served.until(lambda: self.served.running("web") == count)

    @property
    def desired(self) -> int:
        return int(self.served.lab.backend.store.service("default", "web").desired_count)

    def minutes(self, count: float) -> None:
        self.served.lab.timeline.advance(60 * count)

    def target(self, least: int = 1, most: int = 10, **more: Any) -> None:
        self.scaling.register_scalable_target(**COMMON, MinCapacity=least, MaxCapacity=most, **more)

    def track(self, value: float = 60, name: str = "cpu", **more: Any) -> list[dict[str, str]]:
        body = {"TargetValue": value, **(more or CPU)}
        answer = self.scaling.put_scaling_policy(
            **COMMON, PolicyName=name, PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=body
        )
        return list(answer["Alarms"])

    def alarm(self, side: str) -> dict[str, Any]:
        alarms = self.cloudwatch.describe_alarms()["MetricAlarms"]
        return next(a for a in alarms if f"Alarm{side}" in a["AlarmName"])

    def activities(self, everything: bool = False) -> list[dict[str, Any]]:
        said = self.scaling.describe_scaling_activities(
            ServiceNamespace="ecs", ResourceId=RESOURCE, IncludeNotScaledActivities=everything
        )
        return list(said["ScalingActivities"])

    def put(self, name: str, value: float, **dimensions: str) -> None:
        given = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        self.cloudwatch.put_metric_data(
            Namespace="Shop", MetricData=[{"MetricName": name, "Value": value, "Dimensions": given}]
        )


Make = Callable[..., Web]


@pytest.fixture
def web(serve: Callable[..., Served]) -> Make:
    served = serve()
    served.lab.launch("default", 8, "m5.large")
    return lambda cpu="0.225", count=4: Web(served, cpu, count)


def test_cpu_utilization_is_what_is_used_of_what_is_reserved(web: Make) -> None:
    shop = web("0.225")
    shop.minutes(3)
    now = shop.served.lab.timeline.now()
    found = shop.cloudwatch.get_metric_statistics(
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": "web"}],
        StartTime=now - 180,
        EndTime=now,
        Period=60,
        Statistics=["Average", "Maximum", "SampleCount"],
    )["Datapoints"]
    assert found[-1]["Average"] == pytest.approx(90, abs=0.1)
    assert found[-1]["SampleCount"] == 4
    shares = {m["MetricName"] for m in shop.cloudwatch.list_metrics(Namespace="AWS/ECS")["Metrics"]}
    assert shares == {"CPUUtilization", "MemoryUtilization", "CPUReservation", "MemoryReservation"}


def test_statistics_are_of_the_one_metric_with_those_dimensions(serve: Callable[..., Served]) -> None:
    cloudwatch = serve().client("cloudwatch")
    for value, queue in ((1, "orders"), (3, "orders"), (50, "returns"), (70, "")):
        dimensions = [{"Name": "Queue", "Value": queue}] if queue else []
        datum = {"MetricName": "Backlog", "Value": value, "Dimensions": dimensions, "Timestamp": 1_767_225_600}
        cloudwatch.put_metric_data(Namespace="Shop", MetricData=[datum])

    def average(**asked: Any) -> list[float]:
        times = {"StartTime": 1_767_225_600, "EndTime": 1_767_225_660, "Period": 60}
        found = cloudwatch.get_metric_statistics(
            Namespace="Shop", MetricName="Backlog", Statistics=["Average"], **times, **asked
        )
        return [point["Average"] for point in found["Datapoints"]]

    assert average(Dimensions=[{"Name": "Queue", "Value": "orders"}]) == [2]
    assert average(Dimensions=[{"Name": "Queue", "Value": "returns"}]) == [50]
    assert average() == [70]


def test_four_tasks_at_ninety_percent_become_six_after_three_minutes(web: Make) -> None:
    shop = web("0.225")
    shop.target()
    shop.track(60)
    high, low = shop.alarm("High"), shop.alarm("Low")
    assert (high["Threshold"], high["EvaluationPeriods"], high["Period"]) == (60, 3, 60)
    assert (low["Threshold"], low["EvaluationPeriods"]) == (54, 15)
    assert high["StateValue"] == "INSUFFICIENT_DATA"
    shop.minutes(2)
    assert shop.desired == 4
    shop.minutes(2)
    assert shop.desired == 6
    assert shop.alarm("High")["StateValue"] == "ALARM"
    activity = shop.activities()[0]
    assert activity["Description"] == "Setting desired count to 6."
    assert activity["StatusMessage"] == "Successfully set desired count to 6. Change successfully fulfilled by ecs."
    assert "in state ALARM triggered policy cpu" in activity["Cause"]


def test_the_cooldown_keeps_a_scale_out_from_being_repeated(web: Make) -> None:
    shop = web("0.225")
    shop.target()
    shop.track(60)
    shop.minutes(4)
    assert shop.desired == 6
    shop.minutes(3.5)
    assert shop.desired == 6
    assert shop.served.lab.journal.read(kind="scaling.held") == ()
    shop.minutes(2)
    assert shop.desired == 9


def test_scaling_in_takes_fifteen_minutes_and_rounds_up(web: Make) -> None:
    shop = web("0.1", 6)
    shop.target()
    shop.track(60)
    shop.minutes(13)
    assert shop.desired == 6
    shop.minutes(4)
    assert shop.desired == 4


def test_it_stops_at_its_maximum_and_says_so(web: Make) -> None:
    shop = web("0.225")
    shop.target(most=5)
    shop.track(60)
    shop.minutes(8)
    assert shop.desired == 5
    reasons = [a["NotScaledReasons"][0] for a in shop.activities(everything=True) if a.get("NotScaledReasons")]
    assert [r["Code"] for r in reasons] == ["AlreadyAtMaxCapacity"]
    assert reasons[0]["MaxCapacity"] == 5
    assert all("NotScaledReasons" not in a for a in shop.activities())


def test_one_policy_can_keep_what_another_would_take_away(web: Make) -> None:
    shop = web("0.1", 6)
    shop.target()
    shop.track(60)
    backlog = {"MetricName": "Backlog", "Namespace": "Shop", "Statistic": "Average"}
    shop.track(100, "backlog", CustomizedMetricSpecification=backlog)
    for _ in range(20):
        shop.put("Backlog", 99)
        shop.minutes(1)
    assert shop.desired == 6
    held = shop.served.lab.journal.read(kind="scaling.held")
    assert "policy backlog does not agree" in held[-1].text


def test_a_deployment_holds_scaling_in(web: Make) -> None:
    shop = web("0.1", 6)
    shop.target()
    shop.track(60)
    broken = shop.served.register(cpu="256", container={"dockerLabels": {"sim.pull_error": "missing"}})
    shop.minutes(10)
    shop.served.ecs.update_service(service="web", taskDefinition=broken)
    shop.minutes(15)
    assert shop.desired == 6
    assert "a deployment is under way" in shop.served.lab.journal.read(kind="scaling.held")[-1].text


def test_steps_are_taken_by_how_far_the_threshold_is_passed(web: Make) -> None:
    shop = web("0.225")
    shop.target()
    policy = shop.scaling.put_scaling_policy(
        **COMMON,
        PolicyName="steps",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "PercentChangeInCapacity",
            "MinAdjustmentMagnitude": 2,
            "StepAdjustments": [
                {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 40, "ScalingAdjustment": 25},
                {"MetricIntervalLowerBound": 40, "ScalingAdjustment": 100},
            ],
        },
    )["PolicyARN"]
    shop.cloudwatch.put_metric_alarm(
        AlarmName="busy",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": "web"}],
        Statistic="Average",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=60,
        Period=60,
        EvaluationPeriods=1,
        AlarmActions=[policy],
    )
    shop.minutes(2.5)
    assert shop.desired == 6


def test_a_scheduled_action_moves_the_bounds_and_the_service_with_them(web: Make) -> None:
    shop = web("0.15", 2)
    shop.target(least=1, most=8)
    shop.scaling.put_scheduled_action(
        **COMMON, ScheduledActionName="morning", Schedule="cron(0 8 * * ? *)", ScalableTargetAction={"MinCapacity": 6}
    )
    shop.minutes(7 * 60 + 55)
    assert shop.desired == 2
    shop.minutes(6)
    assert shop.desired == 6
    assert "scheduled action name morning" in shop.activities()[0]["Cause"]
    assert shop.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]["MinCapacity"] == 6


def test_an_alarm_that_nobody_feeds_stays_insufficient_and_the_journal_says_why(web: Make) -> None:
    shop = web()
    shop.target()
    wrong = {"MetricName": "CPUUsage", "Namespace": "AWS/ECS", "Statistic": "Average"}
    shop.track(60, CustomizedMetricSpecification=wrong)
    shop.minutes(20)
    assert shop.alarm("High")["StateValue"] == "INSUFFICIENT_DATA"
    said = shop.served.lab.journal.read(kind="alarm.silent")
    assert len(said) == 2
    assert "which nobody publishes" in said[0].text
    assert "CPUUtilization with ClusterName=default" in said[0].text


def test_alarms_keep_their_history_and_can_be_set_by_hand(web: Make) -> None:
    shop = web()
    shop.target()
    shop.track(60)
    name = shop.alarm("High")["AlarmName"]
    shop.minutes(4)
    items = shop.cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    assert [item["HistoryItemType"] for item in items] == ["Action", "StateUpdate", "ConfigurationUpdate"]
    assert items[1]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    shop.cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="by hand")
    assert shop.alarm("High")["StateValue"] == "OK"
    shop.minutes(1)
    assert shop.alarm("High")["StateValue"] == "ALARM"


REFUSED = [
    ({"MinCapacity": 5, "MaxCapacity": 2}, "less than minimum"),
    ({"MinCapacity": -1, "MaxCapacity": 2}, "negative"),
    ({"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "service/default/ghost"}, "doesn't exist"),
    ({"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "default/web"}, "service/CLUSTER/SERVICE"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_a_target_that_cannot_be_is_refused(web: Make, given: dict[str, Any], said: str) -> None:
    shop = web()
    with pytest.raises(ClientError, match=said) as caught:
        shop.scaling.register_scalable_target(**(COMMON | given))
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"TargetValue": 0.0, **CPU}, "greater than 0"),
        ({"TargetValue": 60.0}, "either"),
        (
            {
                "TargetValue": 60.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            },
            "Use",
        ),
        (
            {
                "TargetValue": 60.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"},
            },
            "ResourceLabel",
        ),
    ],
)
def test_a_policy_that_cannot_be_is_refused(web: Make, body: dict[str, Any], said: str) -> None:
    shop = web()
    shop.target()
    with pytest.raises(ClientError, match=said):
        shop.scaling.put_scaling_policy(
            **COMMON, PolicyName="p", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=body
        )


def test_a_policy_needs_a_target_and_takes_its_alarms_with_it(web: Make) -> None:
    shop = web()
    with pytest.raises(ClientError, match="No scalable target") as caught:
        shop.track()
    assert caught.value.response["Error"]["Code"] == "ObjectNotFoundException"
    shop.target()
    assert len(shop.track()) == 2
    shop.scaling.delete_scaling_policy(**COMMON, PolicyName="cpu")
    assert shop.cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_the_same_seed_gives_the_same_story(serve: Callable[..., Served]) -> None:
    def told() -> list[tuple[float, str, str]]:
        served = serve()
        shop = Web(served, "0.225", 2)
        shop.target()
        shop.track(60)
        shop.minutes(120)
        return [(entry.at, entry.kind, entry.text) for entry in served.lab.journal.read()]

    assert told() == told()
