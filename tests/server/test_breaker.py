"""Claims about deployments that fail, on a served simulated lab: the breaker trips, and the service comes back."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def service(served: Served) -> dict[str, Any]:
    return dict(served.ecs.describe_services(services=["web"])["services"][0])


def start(served: Served, **configuration: Any) -> str:
    good = served.register()
    served.ecs.create_service(
        serviceName="web", taskDefinition=good, desiredCount=3, deploymentConfiguration=configuration or BREAKER
    )
    served.until(lambda: service(served)["deployments"][0]["rolloutState"] == "COMPLETED", limit=200)
    return good


@pytest.mark.parametrize(
    "broken",
    [
        {"dockerLabels": {"sim.pull_error": "missing"}},
        {"healthCheck": {"command": ["CMD", "app", "health"], "interval": 5, "timeout": 2, "retries": 2}}
        | {"dockerLabels": {"sim.health": "unhealthy"}},
    ],
    ids=["never starts", "never healthy"],
)
def test_a_deployment_that_fails_is_rolled_back_and_every_task_serves_again(
    served: Served, broken: dict[str, Any]
) -> None:
    good = start(served)
    served.ecs.update_service(service="web", taskDefinition=served.register(container=broken))
    served.until(lambda: service(served)["taskDefinition"] == good, limit=600)
    served.until(lambda: len(service(served)["deployments"]) == 1, limit=600)
    served.until(lambda: service(served)["deployments"][0]["rolloutState"] == "COMPLETED", limit=200)
    said = " ".join(event["message"] for event in service(served)["events"])
    assert "deployment failed: tasks failed to start." in said
    assert "rolling back to deployment ecs-svc/" in said
    assert {t.task_definition_arn for t in served.tasks("web")} == {good}
    assert served.running("web") == 3


def test_without_rollback_the_old_tasks_stay_and_nothing_more_is_started(served: Served) -> None:
    good = start(served, deploymentCircuitBreaker={"enable": True, "rollback": False})
    bad = served.register(container={"dockerLabels": {"sim.pull_error": "missing"}})
    served.ecs.update_service(service="web", taskDefinition=bad)
    served.until(lambda: service(served)["deployments"][0]["rolloutState"] == "FAILED", limit=600)
    reason = service(served)["deployments"][0]["rolloutStateReason"]
    assert reason == "ECS deployment circuit breaker: tasks failed to start."
    before = len(served.lab.backend.store.all_tasks())
    served.lab.timeline.advance(600)
    assert len(served.lab.backend.store.all_tasks()) == before
    assert {t.task_definition_arn for t in served.tasks("web")} == {good}


def test_an_alarm_rolls_a_deployment_back(served: Served) -> None:
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
    good = start(served, alarms={"alarmNames": ["errors"], "enable": True, "rollback": True})
    served.ecs.update_service(service="web", taskDefinition=served.register(cpu="128"))
    served.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 9}])
    served.until(lambda: service(served)["taskDefinition"] == good, limit=300)
    assert any("alarm detected (errors)" in event["message"] for event in service(served)["events"])


def test_what_was_asked_for_is_shown_and_kept_by_other_updates(served: Served) -> None:
    start(served)
    served.ecs.update_service(service="web", deploymentConfiguration={"maximumPercent": 150})
    shown = service(served)["deploymentConfiguration"]
    assert shown["maximumPercent"] == 150
    assert (shown["deploymentCircuitBreaker"]["enable"], shown["deploymentCircuitBreaker"]["rollback"]) == (True, True)
    assert shown["deploymentCircuitBreaker"]["thresholdConfiguration"] == {"type": "BOUNDED_PERCENT", "value": 50}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"deploymentCircuitBreaker": {"enable": False, "rollback": True}}, "only where enable is true"),
        (
            {
                "deploymentCircuitBreaker": {
                    "enable": True,
                    "rollback": True,
                    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 101},
                }
            },
            "a percentage is 1 to 100",
        ),
        ({"alarms": {"alarmNames": [], "enable": True, "rollback": False}}, "at least one CloudWatch alarm"),
    ],
)
def test_a_breaker_that_cannot_be_is_refused(served: Served, given: dict[str, Any], says: str) -> None:
    with pytest.raises(ClientError, match=says) as caught:
        start(served, **given)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
