"""Claims about blue/green, linear and canary deployments over the API, on a served simulated lab."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served
from tests.server.test_service_deployments import code, described, ends, service

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:check"
ROLE = "arn:aws:iam::123456789012:role/ecsHooks"
BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}


def start(served: Served, count: int = 3, **configuration: Any) -> str:
    good = served.register()
    served.ecs.create_service(
        serviceName="web",
        taskDefinition=good,
        desiredCount=count,
        deploymentConfiguration=configuration or BLUE_GREEN,
    )
    ends(served, "SUCCESSFUL")
    return good


def deploy(served: Served, **more: Any) -> str:
    definition = served.register(**({"cpu": "128"} | more))
    served.ecs.update_service(service="web", taskDefinition=definition)
    return definition


def reaches(served: Served, stage: str, limit: float = 900) -> dict[str, Any]:
    served.until(lambda: described(served).get("lifecycleStage") == stage, limit=limit)
    return described(served)


def test_green_runs_beside_blue_and_takes_over_after_the_bake_time(served: Served) -> None:
    old = start(served)
    new = deploy(served)
    record = reaches(served, "POST_SCALE_UP")
    assert served.running("web") == 6
    (blue,), green = record["sourceServiceRevisions"], record["targetServiceRevision"]
    assert (blue["requestedProductionTrafficWeight"], green["requestedProductionTrafficWeight"]) == (100.0, 0.0)
    assert (blue["runningTaskCount"], green["runningTaskCount"]) == (3, 3)
    record = reaches(served, "BAKE_TIME")
    (blue,), green = record["sourceServiceRevisions"], record["targetServiceRevision"]
    assert (blue["requestedProductionTrafficWeight"], green["requestedProductionTrafficWeight"]) == (0.0, 100.0)
    assert (blue["requestedTestTrafficWeight"], green["requestedTestTrafficWeight"]) == (0.0, 100.0)
    assert {t.task_definition_arn for t in served.tasks("web")} == {old, new}
    ends(served, "SUCCESSFUL")
    assert {t.task_definition_arn for t in served.tasks("web")} == {new}
    stages = [e.data["stage"] for e in served.lab.journal.read(kind="deployment.stage")]
    assert stages[-9:] == [
        "PRE_SCALE_UP",
        "SCALE_UP",
        "POST_SCALE_UP",
        "TEST_TRAFFIC_SHIFT",
        "POST_TEST_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
        "BAKE_TIME",
        "CLEAN_UP",
    ]


def test_traffic_shifts_in_linear_steps_that_the_journal_shows(served: Served) -> None:
    start(served, strategy="LINEAR", linearConfiguration={"stepPercent": 25.0, "stepBakeTimeInMinutes": 2})
    deploy(served)
    ends(served, "SUCCESSFUL", limit=1800)
    green = service(served)["deployments"][0]["id"].rsplit("/", 1)[-1]
    shares = [e.data["production"].get(green) for e in served.lab.journal.read(kind="deployment.traffic")]
    assert list(dict.fromkeys(s for s in shares if s is not None)) == [0.0, 25.0, 50.0, 75.0, 100.0]


def test_an_alarm_in_the_bake_time_brings_blue_back_at_once(served: Served) -> None:
    served.client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
        Period=60,
        EvaluationPeriods=1,
    )
    old = start(served, **BLUE_GREEN, alarms={"alarmNames": ["errors"], "enable": True, "rollback": True})
    deploy(served)
    reaches(served, "BAKE_TIME")
    served.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 9}])
    record = ends(served, "ROLLBACK_SUCCESSFUL")
    assert record["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0.0
    assert record["alarms"]["triggeredAlarmNames"] == ["errors"]
    assert {t.task_definition_arn for t in served.tasks("web")} == {old}
    assert service(served)["taskDefinition"] == old


def test_a_stop_in_the_bake_time_rolls_back(served: Served) -> None:
    old = start(served)
    deploy(served)
    arn = reaches(served, "BAKE_TIME")["serviceDeploymentArn"]
    served.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    ends(served, "ROLLBACK_SUCCESSFUL")
    assert {t.task_definition_arn for t in served.tasks("web")} == {old}


def test_green_that_never_starts_trips_the_breaker(served: Served) -> None:
    old = start(served, **BLUE_GREEN, deploymentCircuitBreaker={"enable": True, "rollback": True})
    deploy(served, container={"dockerLabels": {"sim.pull_error": "missing"}})
    record = ends(served, "ROLLBACK_SUCCESSFUL", limit=1800)
    assert record["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert {t.task_definition_arn for t in served.tasks("web")} == {old}


def hook(*stages: str, **more: Any) -> dict[str, Any]:
    return {"hookTargetArn": FUNCTION, "roleArn": ROLE, "lifecycleStages": list(stages)} | more


def test_the_lab_says_what_a_hook_answers_and_a_failing_one_rolls_back(served: Served) -> None:
    old = start(served, **BLUE_GREEN, lifecycleHooks=[hook("POST_TEST_TRAFFIC_SHIFT")])
    told = served.api.handle("POST", "hooks", {"function": FUNCTION, "answer": "FAILED"})
    assert told == {"answers": {FUNCTION: "FAILED"}, "otherwise": "SUCCEEDED"}
    deploy(served)
    record = ends(served, "ROLLBACK_SUCCESSFUL")
    assert [d["status"] for d in record["lifecycleHookDetails"]] == ["FAILED"]
    assert service(served)["taskDefinition"] == old
    served.api.handle("POST", "hooks", {"function": FUNCTION, "answer": "SUCCEEDED"})
    deploy(served)
    assert ends(served, "SUCCESSFUL")["lifecycleHookDetails"][0]["targetArn"] == FUNCTION


def test_a_pause_waits_for_continue_and_can_roll_back(served: Served) -> None:
    pause = {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]}
    start(served, **BLUE_GREEN)
    served.ecs.update_service(service="web", deploymentConfiguration={**BLUE_GREEN, "lifecycleHooks": [pause]})
    for action, end in (("CONTINUE", "SUCCESSFUL"), ("ROLLBACK", "ROLLBACK_SUCCESSFUL")):
        served.ecs.update_service(service="web", forceNewDeployment=True)
        reaches(served, "PRODUCTION_TRAFFIC_SHIFT")
        served.lab.timeline.advance(3600)
        record = described(served)
        (detail,) = record["lifecycleHookDetails"]
        assert (detail["status"], detail["targetType"]) == ("AWAITING_ACTION", "PAUSE")
        assert record["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0.0
        given = {"serviceDeploymentArn": record["serviceDeploymentArn"], "hookId": detail["hookId"]}
        served.ecs.continue_service_deployment(**given, action=action)
        ends(served, end)
        with pytest.raises(ClientError) as refused:
            served.ecs.continue_service_deployment(**given)
        assert code(refused) == "ConflictException"


def test_a_deployment_on_top_of_another_reconciles_first(served: Served) -> None:
    start(served)
    deploy(served)
    reaches(served, "BAKE_TIME")
    newest = deploy(served, cpu="256")
    assert len(reaches(served, "RECONCILE_SERVICE")["sourceServiceRevisions"]) == 2
    ends(served, "SUCCESSFUL", limit=1800)
    assert {t.task_definition_arn for t in served.tasks("web")} == {newest}


def test_what_was_asked_for_is_shown(served: Served) -> None:
    start(served, strategy="CANARY", canaryConfiguration={"canaryPercent": 12.5}, lifecycleHooks=[hook("PRE_SCALE_UP")])
    shown = service(served)["deploymentConfiguration"]
    assert shown["strategy"] == "CANARY"
    assert shown["canaryConfiguration"] == {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 10}
    assert shown["lifecycleHooks"][0]["hookTargetArn"] == FUNCTION


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"strategy": "BLUE_GREEN"}, "bakeTimeInMinutes is required"),
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1441}, "between 0 and 1440"),
        ({"strategy": "SUDDEN"}, "ROLLING, BLUE_GREEN, LINEAR"),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}}, "between 3 and 100"),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.15}}, "multiple of 0.1"),
        ({"strategy": "CANARY", "linearConfiguration": {"stepPercent": 10.0}}, "only with the strategy LINEAR"),
        ({"lifecycleHooks": [hook("PRE_SCALE_UP")]}, "only with the strategy BLUE_GREEN, LINEAR or CANARY"),
        ({**BLUE_GREEN, "lifecycleHooks": [hook("BAKE_TIME")]}, "BAKE_TIME"),
        ({**BLUE_GREEN, "lifecycleHooks": [{"lifecycleStages": ["PRE_SCALE_UP"]}]}, "needs hookTargetArn"),
        (
            {**BLUE_GREEN, "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["TEST_TRAFFIC_SHIFT"]}]},
            "PAUSE hook cannot be configured",
        ),
    ],
)
def test_a_strategy_that_cannot_be_is_refused(served: Served, given: dict[str, Any], says: str) -> None:
    with pytest.raises(ClientError, match=says) as caught:
        start(served, **given)
    assert code(caught) == "InvalidParameterException"


def test_a_daemon_cannot_be_blue_and_green(served: Served) -> None:
    with pytest.raises(ClientError, match="DAEMON"):
        served.ecs.create_service(
            serviceName="web",
            taskDefinition=served.register(),
            schedulingStrategy="DAEMON",
            deploymentConfiguration=BLUE_GREEN,
        )
