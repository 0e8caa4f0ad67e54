"""Claims about service deployments and revisions over the API, on a served simulated lab."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served

DAY = 86400.0


def service(served: Served) -> dict[str, Any]:
    return dict(served.ecs.describe_services(services=["web"])["services"][0])


def listed(served: Served, **more: Any) -> list[dict[str, Any]]:
    return list(served.ecs.list_service_deployments(service="web", **more)["serviceDeployments"])


def described(served: Served, arn: str | None = None) -> dict[str, Any]:
    arn = arn or service(served)["currentServiceDeployment"]
    return dict(served.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0])


def ends(served: Served, *statuses: str, limit: float = 900) -> dict[str, Any]:
    served.until(lambda: described(served)["status"] in statuses, limit=limit)
    return described(served)


def start(served: Served, count: int = 3, **configuration: Any) -> str:
    good = served.register()
    more = {"deploymentConfiguration": configuration} if configuration else {}
    served.ecs.create_service(serviceName="web", taskDefinition=good, desiredCount=count, **more)
    ends(served, "SUCCESSFUL")
    return good


def code(refused: Any) -> str:
    return str(refused.value.response["Error"]["Code"])


def test_a_new_service_is_a_service_deployment_from_pending_to_successful(served: Served) -> None:
    answer = served.ecs.create_service(serviceName="web", taskDefinition=served.register(), desiredCount=2)["service"]
    arn = answer["currentServiceDeployment"]
    assert ":service-deployment/default/web/" in arn
    assert described(served, arn)["status"] in ("PENDING", "IN_PROGRESS")
    record = ends(served, "SUCCESSFUL")
    assert record["createdAt"] <= record["startedAt"] <= record["finishedAt"]
    assert "sourceServiceRevisions" not in record or record["sourceServiceRevisions"] == []
    target = record["targetServiceRevision"]
    assert (target["requestedTaskCount"], target["runningTaskCount"], target["pendingTaskCount"]) == (2, 2, 0)
    assert record["deploymentCircuitBreaker"]["status"] == "DISABLED"


def test_an_update_goes_from_one_revision_to_the_next_and_the_history_keeps_both(served: Served) -> None:
    start(served)
    first = described(served)["targetServiceRevision"]["arn"]
    served.ecs.update_service(service="web", taskDefinition=served.register(cpu="128"))
    served.lab.timeline.advance(1)
    record = described(served)
    assert record["status"] == "IN_PROGRESS"
    assert [source["arn"] for source in record["sourceServiceRevisions"]] == [first]
    assert record["sourceServiceRevisions"][0]["runningTaskCount"] == 3
    assert {r["arn"] for r in service(served)["currentServiceRevisions"]} == {
        first,
        record["targetServiceRevision"]["arn"],
    }
    done = ends(served, "SUCCESSFUL")
    assert (
        done["sourceServiceRevisions"][0]["runningTaskCount"],
        done["targetServiceRevision"]["runningTaskCount"],
    ) == (0, 3)
    assert [entry["status"] for entry in listed(served)] == ["SUCCESSFUL", "SUCCESSFUL"]
    assert listed(served)[0]["targetServiceRevisionArn"] == done["targetServiceRevision"]["arn"]
    assert [r["runningTaskCount"] for r in service(served)["currentServiceRevisions"]] == [3]


def test_a_scaling_is_no_service_deployment(served: Served) -> None:
    start(served)
    served.ecs.update_service(service="web", desiredCount=5)
    served.lab.timeline.advance(120)
    assert len(listed(served)) == 1
    assert service(served)["currentServiceRevisions"][0]["requestedTaskCount"] == 5


def test_a_revision_says_what_runs_and_never_changes(served: Served) -> None:
    good = start(served)
    arn = described(served)["targetServiceRevision"]["arn"]
    served.ecs.update_service(service="web", taskDefinition=served.register(cpu="128"))
    answer = served.ecs.describe_service_revisions(serviceRevisionArns=[arn, arn[:-1] + "x"])
    (revision,) = answer["serviceRevisions"]
    assert (revision["taskDefinition"], revision["launchType"]) == (good, "EC2")
    assert revision["containerImages"][0]["containerName"] == "web"
    assert revision["containerImages"][0]["image"] == "ecslab/web:1"
    assert answer["failures"] == [{"arn": arn[:-1] + "x", "reason": "MISSING"}]


def test_the_user_can_roll_a_deployment_back(served: Served) -> None:
    good = start(served)
    source = described(served)["targetServiceRevision"]["arn"]
    slow = served.register(container={"dockerLabels": {"sim.start_delay": "60"}})
    served.ecs.update_service(service="web", taskDefinition=slow)
    served.lab.timeline.advance(5)
    arn = described(served)["serviceDeploymentArn"]
    assert served.ecs.stop_service_deployment(serviceDeploymentArn=arn)["serviceDeploymentArn"] == arn
    record = ends(served, "ROLLBACK_SUCCESSFUL")
    assert record["rollback"]["serviceRevisionArn"] == source
    assert "the user asked" in record["rollback"]["reason"]
    assert record["serviceDeploymentArn"] == arn
    assert service(served)["taskDefinition"] == good
    assert served.running("web") == 3
    with pytest.raises(ClientError) as refused:
        served.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert code(refused) == "ConflictException"


def test_an_aborted_deployment_stays_where_it_is(served: Served) -> None:
    start(served)
    served.ecs.update_service(service="web", taskDefinition=served.register(cpu="128"))
    served.lab.timeline.advance(1)
    arn = described(served)["serviceDeploymentArn"]
    served.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")
    record = ends(served, "STOPPED")
    assert record["stoppedAt"] == record["finishedAt"]
    assert service(served)["deployments"][0]["rolloutState"] == "FAILED"


def test_a_first_deployment_has_nothing_to_be_rolled_back_to(served: Served) -> None:
    never = served.register(container={"dockerLabels": {"sim.pull_error": "missing"}})
    served.ecs.create_service(serviceName="web", taskDefinition=never, desiredCount=1)
    served.lab.timeline.advance(1)
    served.ecs.stop_service_deployment(serviceDeploymentArn=described(served)["serviceDeploymentArn"])
    assert "no earlier service revision" in ends(served, "ROLLBACK_FAILED")["statusReason"]


def test_the_circuit_breaker_shows_in_the_record(served: Served) -> None:
    start(served, deploymentCircuitBreaker={"enable": True, "rollback": True})
    served.ecs.update_service(
        service="web", taskDefinition=served.register(container={"dockerLabels": {"sim.pull_error": "missing"}})
    )
    record = ends(served, "ROLLBACK_SUCCESSFUL")
    breaker = record["deploymentCircuitBreaker"]
    assert (breaker["status"], breaker["threshold"]) == ("TRIGGERED", 3)
    assert breaker["failureCount"] >= 3
    assert record["statusReason"] == (
        "Service deployment rolled back because the circuit breaker threshold was exceeded."
    )


def test_an_alarm_shows_in_the_record(served: Served) -> None:
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
    start(served, alarms={"alarmNames": ["errors"], "enable": True, "rollback": True})
    assert described(served)["alarms"]["status"] == "MONITORING_COMPLETE"
    slow = served.register(container={"dockerLabels": {"sim.start_delay": "300"}})
    served.ecs.update_service(service="web", taskDefinition=slow)
    served.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 9}])
    record = ends(served, "ROLLBACK_SUCCESSFUL", limit=1800)
    assert (record["alarms"]["status"], record["alarms"]["triggeredAlarmNames"]) == ("TRIGGERED", ["errors"])


def test_a_newer_deployment_stops_the_one_under_way(served: Served) -> None:
    start(served)
    for cpu in ("128", "256"):
        served.ecs.update_service(service="web", taskDefinition=served.register(cpu=cpu))
        served.lab.timeline.advance(1)
    newest, middle, _ = listed(served)
    assert (newest["status"], middle["status"]) == ("IN_PROGRESS", "STOPPED")
    assert len(described(served)["sourceServiceRevisions"]) == 2
    assert ends(served, "SUCCESSFUL")["serviceDeploymentArn"] == newest["serviceDeploymentArn"]


def test_the_list_is_filtered_and_paged_and_forgets_after_90_days(served: Served) -> None:
    start(served)
    served.lab.timeline.advance(3600)
    served.ecs.update_service(service="web", forceNewDeployment=True)
    served.lab.timeline.advance(1)
    newest, oldest = listed(served)
    assert [d["status"] for d in listed(served, status=["SUCCESSFUL"])] == ["SUCCESSFUL"]
    assert listed(served, createdAt={"after": newest["createdAt"]}) == [newest]
    assert listed(served, createdAt={"before": oldest["createdAt"]}) == [oldest]
    page = served.ecs.list_service_deployments(service="web", maxResults=1)
    rest = served.ecs.list_service_deployments(service="web", maxResults=1, nextToken=page["nextToken"])
    assert (page["serviceDeployments"], rest["serviceDeployments"]) == ([newest], [oldest])
    ends(served, "SUCCESSFUL")


def test_what_is_not_there_is_said(served: Served) -> None:
    start(served)
    nowhere = "arn:aws:ecs:us-east-1:123456789012:service-deployment/default/web/none"
    answer = served.ecs.describe_service_deployments(serviceDeploymentArns=[nowhere])
    assert answer["failures"] == [{"arn": nowhere, "reason": "MISSING"}]
    with pytest.raises(ClientError) as refused:
        served.ecs.stop_service_deployment(serviceDeploymentArn=nowhere)
    assert code(refused) == "ServiceDeploymentNotFoundException"
    with pytest.raises(ClientError) as refused:
        served.ecs.list_service_deployments(service="nothing")
    assert code(refused) == "ServiceNotFoundException"
    with pytest.raises(ClientError) as refused:
        served.ecs.describe_service_deployments(serviceDeploymentArns=[nowhere] * 21)
    assert code(refused) == "InvalidParameterException"


def test_the_records_of_a_deleted_service_go_with_it(served: Served) -> None:
    start(served, count=1)
    arn = described(served)["serviceDeploymentArn"]
    served.ecs.delete_service(service="web", force=True)
    served.until(lambda: service(served)["status"] == "INACTIVE", limit=300)
    assert served.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["failures"][0]["reason"] == "MISSING"
