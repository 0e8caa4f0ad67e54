"""The smaller operations: the agent's update, deleted definitions, cluster settings, tags of tasks, tokens, shapes."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecslab.model.instance import LATEST_AGENT
from tests.aws.conftest import Api


def refused(call: Any, **request: Any) -> tuple[str, str]:
    """(code, message) of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def old_instance(api: Api, version: str = "1.60.0") -> str:
    answer = api.ecs.register_container_instance(
        instanceIdentityDocument=json.dumps({"instanceId": "i-old"}), versionInfo={"agentVersion": version}
    )
    arn = str(answer["containerInstance"]["containerInstanceArn"])
    api.backend.set_connected(api.backend.store.instance(arn), True)
    return arn


def described(api: Api, arn: str) -> Any:
    return api.ecs.describe_container_instances(containerInstances=[arn])["containerInstances"][0]


def test_an_old_agent_is_updated_step_by_step_and_stands_still_while_it_is_away(api: Api) -> None:
    arn = old_instance(api)
    answer = api.ecs.update_container_agent(containerInstance=arn)["containerInstance"]
    assert answer["agentUpdateStatus"] == "PENDING"
    assert refused(api.ecs.update_container_agent, containerInstance=arn)[0] == "UpdateInProgressException"
    api.timeline.advance(11)
    assert described(api, arn)["agentUpdateStatus"] == "STAGING"
    api.backend.set_connected(api.backend.store.instance(arn), False)
    api.timeline.advance(100)
    assert described(api, arn)["agentUpdateStatus"] == "STAGING"
    api.backend.set_connected(api.backend.store.instance(arn), True)
    api.timeline.advance(60)
    after = described(api, arn)
    assert (after["agentUpdateStatus"], after["versionInfo"]["agentVersion"]) == ("UPDATED", LATEST_AGENT)
    assert refused(api.ecs.update_container_agent, containerInstance=arn)[0] == "NoUpdateAvailableException"


def test_an_agent_without_a_version_cannot_be_updated(api: Api) -> None:
    assert refused(api.ecs.update_container_agent, containerInstance=api.instance())[0] == "MissingVersionException"
    assert refused(api.ecs.update_container_agent, containerInstance="nobody")[0] == "ClientException"


def test_a_definition_in_use_is_deleted_once_its_task_has_stopped(api: Api) -> None:
    instance, name = api.instance(), api.register().rsplit("/", 1)[-1]
    task = api.ecs.run_task(taskDefinition=name)["tasks"][0]["taskArn"]
    assert api.ecs.delete_task_definitions(taskDefinitions=[name])["failures"][0]["reason"].endswith("try again.")
    api.ecs.deregister_task_definition(taskDefinition=name)
    deleted = api.ecs.delete_task_definitions(taskDefinitions=[name, "web:9", "a:b:c"])
    assert [d["status"] for d in deleted["taskDefinitions"]] == ["DELETE_IN_PROGRESS"]
    assert len(deleted["failures"]) == 2
    api.timeline.advance(200)
    assert api.ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"]
    api.report(task, "STOPPED")
    api.timeline.advance(100)
    assert refused(api.ecs.describe_task_definition, taskDefinition=name)[0] == "ClientException"
    assert described(api, instance)["runningTasksCount"] == 0


def test_cluster_settings_are_merged_and_shown_when_asked_for(api: Api) -> None:
    on = [{"name": "containerInsights", "value": "enhanced"}]
    assert api.ecs.update_cluster_settings(cluster="default", settings=on)["cluster"]["settings"] == on
    assert api.ecs.describe_clusters(clusters=["default"])["clusters"][0]["settings"] == []
    include = ["SETTINGS", "STATISTICS"]
    found = api.ecs.describe_clusters(clusters=["default"], include=include)["clusters"][0]
    assert found["settings"] == on
    assert {"name": "runningFargateTasksCount", "value": "0"} in found["statistics"]
    wrong = [{"name": "containerInsights", "value": "loud"}]
    assert refused(api.ecs.update_cluster_settings, cluster="default", settings=wrong)[0] == "InvalidParameterException"


def test_services_of_a_namespace_that_is_not_there_are_not_listed(api: Api) -> None:
    assert refused(api.ecs.list_services_by_namespace, namespace="x")[0] == "NamespaceNotFoundException"
    discovery = boto3.client("servicediscovery", region_name="us-east-1")
    discovery.create_http_namespace(Name="shop")
    assert api.ecs.list_services_by_namespace(namespace="shop")["serviceArns"] == []


def test_only_an_attachment_that_is_there_is_acknowledged(api: Api) -> None:
    report = {"attachmentArn": "arn:aws:ecs:us-east-1:123456789012:attachment/a", "status": "ATTACHED"}
    assert refused(api.ecs.submit_attachment_state_changes, attachments=[report])[0] == "InvalidParameterException"
    assert api.ecs.submit_attachment_state_changes(attachments=[])["acknowledgment"] == "ACK"


def test_a_task_inherits_the_tags_it_is_to_have_and_its_own_win(api: Api) -> None:
    api.instance()
    api.register(tags=[{"key": "team", "value": "a"}, {"key": "stage", "value": "dev"}])
    task = api.ecs.run_task(
        taskDefinition="web",
        propagateTags="TASK_DEFINITION",
        enableECSManagedTags=True,
        tags=[{"key": "stage", "value": "prod"}],
    )["tasks"][0]
    assert {t["key"]: t["value"] for t in task["tags"]} == {
        "team": "a",
        "stage": "prod",
        "aws:ecs:clusterName": "default",
    }
    assert refused(api.ecs.run_task, taskDefinition="web", propagateTags="SERVICE")[0] == "InvalidParameterException"


def test_a_token_makes_a_call_happen_once(api: Api) -> None:
    api.instance()
    api.register()
    first = api.ecs.run_task(taskDefinition="web", clientToken="t1")["tasks"][0]["taskArn"]
    assert api.ecs.run_task(taskDefinition="web", clientToken="t1")["tasks"][0]["taskArn"] == first
    assert api.ecs.list_tasks()["taskArns"] == [first]
    assert refused(api.ecs.run_task, taskDefinition="web", count=2, clientToken="t1")[0] == "ConflictException"
    assert refused(api.ecs.run_task, taskDefinition="web", clientToken="a b")[0] == "InvalidParameterException"
    wish = {"serviceName": "s", "taskDefinition": "web", "desiredCount": 1, "clientToken": "t1"}
    arn = api.ecs.create_service(**wish)["service"]["serviceArn"]
    assert api.ecs.create_service(**wish)["service"]["serviceArn"] == arn
    code, message = refused(api.ecs.create_service, **{**wish, "desiredCount": 2})
    assert (code, "was not idempotent" in message) == ("InvalidParameterException", True)


def test_a_run_that_placed_nothing_may_be_tried_again_with_its_token(api: Api) -> None:
    api.instance(MEMORY=32)
    api.register()
    assert api.ecs.run_task(taskDefinition="web", clientToken="t")["failures"]
    api.instance("i-2")
    assert len(api.ecs.run_task(taskDefinition="web", clientToken="t")["tasks"]) == 1


def test_a_platform_version_is_fargates_and_must_exist(api: Api) -> None:
    api.instance()
    api.register()
    code, message = refused(api.ecs.run_task, taskDefinition="web", platformVersion="1.4.0")
    assert (code, "must be null" in message) == ("InvalidParameterException", True)
    wish = {"serviceName": "s", "taskDefinition": "web", "desiredCount": 0}
    assert refused(api.ecs.create_service, **wish, platformVersion="9")[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("describe_tasks", {"tasks": [1]}, "SerializationException"),
        ("run_task", {"taskDefinition": "web", "count": "2"}, "SerializationException"),
        ("run_task", {"count": 1}, "InvalidParameterException"),
        ("run_task", {"taskDefinition": "web", "launchType": "LAMBDA"}, "InvalidParameterException"),
        ("tag_resource", {"resourceArn": "x", "tags": [{"value": "v"}]}, "InvalidParameterException"),
        ("tag_resource", {"resourceArn": "x", "tags": [{"key": "aws:x", "value": "v"}]}, "InvalidParameterException"),
        ("register_container_instance", {"containerInstanceArn": "mine"}, "InvalidParameterException"),
    ],
)
def test_what_has_not_the_shape_of_a_request_is_refused(
    api: Api, operation: str, request_: dict[str, Any], code: str
) -> None:
    from botocore.config import Config

    loose = boto3.client("ecs", region_name="us-east-1", config=Config(parameter_validation=False))
    assert refused(getattr(loose, operation), **request_)[0] == code


def test_the_health_of_an_instance_is_shown_when_asked_for(api: Api) -> None:
    arn = api.instance()
    answer = api.ecs.describe_container_instances(containerInstances=[arn], include=["CONTAINER_INSTANCE_HEALTH"])
    assert answer["containerInstances"][0]["healthStatus"]["overallStatus"] == "OK"
    assert "healthStatus" not in described(api, arn)
