"""Claims about task sets over the API, on a served simulated lab: EXTERNAL and CODE_DEPLOY deployment controllers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served

HERE = {"cluster": "default", "service": "web"}


def external(served: Served, count: int = 5) -> dict[str, Any]:
    answer = served.ecs.create_service(serviceName="web", desiredCount=count, deploymentController={"type": "EXTERNAL"})
    return dict(answer["service"])


def sets(served: Served, **more: Any) -> list[dict[str, Any]]:
    return list(served.ecs.describe_task_sets(**HERE, **more)["taskSets"])


def service(served: Served) -> dict[str, Any]:
    return dict(served.ecs.describe_services(services=["web"])["services"][0])


def made(served: Served, share: float = 100.0, **more: Any) -> dict[str, Any]:
    definition = more.pop("definition", None) or served.register()
    scale = {"value": share, "unit": "PERCENT"}
    return dict(served.ecs.create_task_set(**HERE, taskDefinition=definition, scale=scale, **more)["taskSet"])


def steady(served: Served, limit: float = 300) -> None:
    served.until(lambda: all(s["stabilityStatus"] == "STEADY_STATE" for s in sets(served)), limit=limit)


def code(refused: Any) -> str:
    return str(refused.value.response["Error"]["Code"])


def test_an_external_service_runs_nothing_until_it_has_a_task_set(served: Served) -> None:
    shown = external(served)
    assert shown.get("deployments", []) == [] == shown.get("taskSets", [])
    served.lab.timeline.advance(120)
    assert served.tasks("web") == []


def test_blue_and_green_as_a_pipeline_does_it(served: Served) -> None:
    external(served, count=5)
    blue = made(served)
    assert (blue["status"], blue["computedDesiredCount"], blue["stabilityStatus"]) == ("ACTIVE", 5, "STABILIZING")
    assert blue["taskSetArn"].endswith(f":task-set/default/web/{blue['id']}")
    steady(served)
    primary = served.ecs.update_service_primary_task_set(**HERE, primaryTaskSet=blue["taskSetArn"])["taskSet"]
    assert primary["status"] == "PRIMARY"
    assert service(served)["taskDefinition"] == blue["taskDefinition"]
    green = made(served, 30.0, definition=served.register(cpu="128"))
    assert green["computedDesiredCount"] == 2
    steady(served)
    assert {s["id"]: s["runningCount"] for s in sets(served)} == {blue["id"]: 5, green["id"]: 2}
    assert {t.started_by for t in served.tasks("web")} == {blue["id"], green["id"]}
    served.ecs.update_task_set(**HERE, taskSet=green["id"], scale={"value": 100.0, "unit": "PERCENT"})
    served.ecs.update_service_primary_task_set(**HERE, primaryTaskSet=green["id"])
    assert {s["id"]: s["status"] for s in sets(served)} == {blue["id"]: "ACTIVE", green["id"]: "PRIMARY"}
    gone = served.ecs.delete_task_set(**HERE, taskSet=blue["id"], force=True)["taskSet"]
    assert (gone["status"], gone["computedDesiredCount"]) == ("DRAINING", 0)
    served.until(lambda: [s["id"] for s in sets(served)] == [green["id"]], limit=300)
    steady(served)
    assert served.running("web") == 5
    assert service(served)["taskDefinition"] == green["taskDefinition"]


def test_the_desired_count_scales_every_set_and_lost_tasks_are_replaced(served: Served) -> None:
    external(served, count=4)
    first, second = made(served, 50.0), made(served, 25.0)
    steady(served)
    served.ecs.update_service(service="web", desiredCount=10)
    steady(served)
    assert {s["id"]: s["runningCount"] for s in sets(served)} == {first["id"]: 5, second["id"]: 3}
    served.ecs.stop_task(task=served.tasks("web")[0].task_arn)
    served.until(lambda: served.running("web") == 8, limit=300)
    assert any("has reached a steady state" in e["message"] for e in service(served)["events"])


def test_code_deploy_has_its_first_task_set_from_the_start(served: Served) -> None:
    definition = served.register()
    answer = served.ecs.create_service(
        serviceName="web", taskDefinition=definition, desiredCount=2, deploymentController={"type": "CODE_DEPLOY"}
    )["service"]
    (first,) = answer["taskSets"]
    assert (first["status"], first["taskDefinition"], first["scale"]["value"]) == ("PRIMARY", definition, 100.0)
    served.until(lambda: served.running("web") == 2, limit=300)
    with pytest.raises(ClientError, match="Use AWS CodeDeploy to trigger a new deployment") as refused:
        served.ecs.update_service(service="web", taskDefinition=served.register(cpu="128"))
    assert code(refused) == "InvalidParameterException"


def test_each_set_has_its_own_launch_type_and_tags(served: Served) -> None:
    external(served, count=1)
    tagged = made(served, tags=[{"key": "colour", "value": "blue"}], externalId="deploy-1")
    assert (tagged["launchType"], tagged["externalId"]) == ("EC2", "deploy-1")
    assert "tags" not in sets(served)[0] or sets(served)[0]["tags"] == []
    assert sets(served, include=["TAGS"])[0]["tags"] == [{"key": "colour", "value": "blue"}]
    served.ecs.tag_resource(resourceArn=tagged["taskSetArn"], tags=[{"key": "stage", "value": "test"}])
    assert len(served.ecs.list_tags_for_resource(resourceArn=tagged["taskSetArn"])["tags"]) == 2


def test_a_deleted_service_takes_its_task_sets_with_it(served: Served) -> None:
    external(served, count=2)
    made(served)
    steady(served)
    served.ecs.delete_service(service="web", force=True)
    served.until(lambda: service(served)["status"] == "INACTIVE", limit=300)
    assert served.tasks("web") == []


def test_what_does_not_go_is_refused_in_awss_shape(served: Served) -> None:
    ecs = served.ecs
    external(served, count=2)
    blue = made(served)
    wrong: list[tuple[str, str, Any]] = [
        ("TaskSetNotFoundException", "update_task_set", {**HERE, "taskSet": "ecs-svc/1", "scale": {"value": 1.0}}),
        ("TaskSetNotFoundException", "update_service_primary_task_set", {**HERE, "primaryTaskSet": "ecs-svc/1"}),
        ("TaskSetNotFoundException", "delete_task_set", {**HERE, "taskSet": "ecs-svc/1"}),
        ("InvalidParameterException", "delete_task_set", {**HERE, "taskSet": blue["id"]}),
        ("InvalidParameterException", "update_task_set", {**HERE, "taskSet": blue["id"], "scale": {"value": 101.0}}),
        ("InvalidParameterException", "update_service", {"service": "web", "taskDefinition": "web"}),
        ("ServiceNotFoundException", "describe_task_sets", {"cluster": "default", "service": "nothing"}),
        ("ClusterNotFoundException", "describe_task_sets", {"cluster": "nowhere", "service": "web"}),
        (
            "InvalidParameterException",
            "create_service",
            {
                "serviceName": "b",
                "taskDefinition": "web",
                "desiredCount": 1,
                "deploymentController": {"type": "EXTERNAL"},
            },
        ),
    ]
    for expected, verb, given in wrong:
        with pytest.raises(ClientError) as refused:
            getattr(ecs, verb)(**given)
        assert (verb, code(refused)) == (verb, expected)
    answer = ecs.describe_task_sets(**HERE, taskSets=[blue["id"], "ecs-svc/1"])
    assert len(answer["taskSets"]) == 1
    assert answer["failures"][0]["reason"] == "MISSING"


def test_a_service_of_the_ecs_controller_has_no_task_sets(served: Served) -> None:
    served.ecs.create_service(serviceName="web", taskDefinition=served.register(), desiredCount=1)
    with pytest.raises(ClientError, match="UpdateService") as refused:
        made(served)
    assert code(refused) == "InvalidParameterException"
