"""RunTask and its family, as boto3 sees them, with a hand-driven agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from ecslab.control.tasks import step
from tests.aws.conftest import Api


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_run_task_writes_down_tasks_and_starts_nothing(api: Api) -> None:
    api.instance()
    api.register()
    tasks = api.ecs.run_task(taskDefinition="web", count=3, startedBy="me")["tasks"]
    assert [t["lastStatus"] for t in tasks] == ["PENDING"] * 3
    assert {t["desiredStatus"] for t in tasks} == {"RUNNING"}
    assert {t["group"] for t in tasks} == {"family:web"}
    assert {t["startedBy"] for t in tasks} == {"me"}
    assert [c["lastStatus"] for t in tasks for c in t["containers"]] == ["PENDING"] * 3


def test_looking_changes_nothing(api: Api) -> None:
    api.instance()
    api.register()
    arn = api.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    seen = [api.task(arn)["lastStatus"] for _ in range(6)]
    assert seen == ["PENDING"] * 6


def test_no_room_is_an_answer_with_failures_and_not_an_exception(api: Api) -> None:
    arn = api.instance(MEMORY=100)
    api.register()
    answer = api.ecs.run_task(taskDefinition="web", count=2)
    assert len(answer["tasks"]) == 1
    assert [(f["arn"], f["reason"]) for f in answer["failures"]] == [(arn, "RESOURCE:MEMORY")]


def test_room_is_given_back_when_a_task_has_stopped(api: Api) -> None:
    arn = api.instance(MEMORY=100)
    api.register()
    task = api.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    assert left(api, arn, "MEMORY") == 36
    api.report(task, "STOPPED")
    assert left(api, arn, "MEMORY") == 100


def left(api: Api, instance: str, name: str) -> int:
    shown = api.ecs.describe_container_instances(containerInstances=[instance])["containerInstances"][0]
    return next(int(r["integerValue"]) for r in shown["remainingResources"] if r["name"] == name)


def test_a_fixed_host_port_is_had_once_per_instance(api: Api) -> None:
    api.instance()
    api.register(container={"portMappings": [{"containerPort": 80, "hostPort": 8080}]})
    answer = api.ecs.run_task(taskDefinition="web", count=2)
    assert (len(answer["tasks"]), answer["failures"][0]["reason"]) == (1, "RESOURCE:PORTS")


def test_a_disconnected_agent_gets_no_new_task(api: Api) -> None:
    arn = api.instance()
    api.register()
    api.backend.set_connected(api.backend.store.instance(arn), False)
    assert api.ecs.run_task(taskDefinition="web")["failures"][0]["reason"] == "AGENT"


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        ({"taskDefinition": "nope"}, "ClientException", "TaskDefinition not found"),
        ({"taskDefinition": "web", "cluster": "nope"}, "ClusterNotFoundException", "Cluster not found"),
        (
            {"taskDefinition": "web", "placementConstraints": [{"type": "memberOf", "expression": "attribute:x is y"}]},
            "InvalidParameterException",
            "'is' at character 13 is no operator",
        ),
        ({"taskDefinition": "web", "count": 11}, "InvalidParameterException", "between 1 and 10"),
        ({"taskDefinition": "web", "count": 0}, "InvalidParameterException", "between 1 and 10"),
        ({"taskDefinition": "web:x"}, "InvalidParameterException", "revision"),
        ({"taskDefinition": "web", "launchType": "FARGATE"}, "InvalidParameterException", "launch_type FARGATE"),
        (
            {"taskDefinition": "web", "overrides": {"containerOverrides": [{"name": "other"}]}},
            "InvalidParameterException",
            "other",
        ),
        (
            {"taskDefinition": "web", "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
            "InvalidParameterException",
            "not valid for the given networkMode",
        ),
        (
            {
                "taskDefinition": "web",
                "launchType": "EC2",
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}],
            },
            "InvalidParameterException",
            "both a launch type and capacity provider",
        ),
    ],
)
def test_a_wrong_run_task_is_refused_in_awss_words(api: Api, request_: Any, code: str, says: str) -> None:
    api.instance()
    api.register()
    found = refused(api.ecs.run_task, **request_)
    assert found[0] == code
    assert says in found[1]
    assert api.ecs.list_tasks()["taskArns"] == []


def test_a_cluster_without_instances_is_said(api: Api) -> None:
    api.register()
    code, message = refused(api.ecs.run_task, taskDefinition="web")
    assert code == "InvalidParameterException"
    assert message.startswith("No Container Instances were found in your cluster.")


def fargate(api: Api) -> str:
    api.register("far", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512")
    subnet = api.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    network = {"awsvpcConfiguration": {"subnets": [subnet]}}
    task = api.ecs.run_task(taskDefinition="far", launchType="FARGATE", networkConfiguration=network)["tasks"][0]
    return str(task["taskArn"])


def test_an_awsvpc_task_waits_for_its_interface_and_gives_it_back(api: Api) -> None:
    arn = fargate(api)
    assert api.task(arn)["lastStatus"] == "PROVISIONING"
    step(api.backend, api.backend.store.task(arn))
    seen = api.task(arn)
    details = {d["name"]: d["value"] for d in seen["attachments"][0]["details"]}
    assert seen["lastStatus"] == "PENDING"
    interface = api.ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])
    assert interface["NetworkInterfaces"][0]["PrivateIpAddress"] == details["privateIPv4Address"]
    assert seen["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] == details["privateIPv4Address"]
    api.report(arn, "STOPPED", reason="CannotPullContainerError: no such image")
    step(api.backend, api.backend.store.task(arn))
    assert api.task(arn)["lastStatus"] == "STOPPED"
    ids = [i["NetworkInterfaceId"] for i in api.ec2.describe_network_interfaces()["NetworkInterfaces"]]
    assert details["networkInterfaceId"] not in ids


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (None, "must be provided"),
        ({"awsvpcConfiguration": {"subnets": ["subnet-nope"]}}, "does not exist"),
        ({"awsvpcConfiguration": {"subnets": []}}, "1 to 16"),
    ],
)
def test_a_wrong_network_of_an_awsvpc_task_is_refused(api: Api, network: Any, says: str) -> None:
    api.register("far", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512")
    given = {"networkConfiguration": network} if network else {}
    code, message = refused(api.ecs.run_task, taskDefinition="far", launchType="FARGATE", **given)
    assert code == "InvalidParameterException"
    assert says in message


def test_a_task_walks_through_every_state_its_agent_reports(api: Api) -> None:
    api.instance()
    api.register()
    arn = api.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    api.report(arn, "ACTIVATING")
    api.report(arn, "RUNNING")
    api.ecs.stop_task(task=arn, reason="enough")
    step(api.backend, api.backend.store.task(arn))
    step(api.backend, api.backend.store.task(arn))
    api.report(arn, "STOPPED")
    seen = [e.data["to"] for e in api.backend.context.journal.read(kind="task.status", subject=arn)]
    assert seen == ["PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "STOPPED"]
    ended = api.task(arn)
    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "enough")


def test_an_essential_container_that_exits_takes_its_task_with_it(api: Api) -> None:
    api.instance()
    api.register()
    arn = api.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    api.report(arn, "RUNNING")
    api.ecs.submit_container_state_change(
        cluster="default", task=arn, containerName="web", status="STOPPED", exitCode=3
    )
    seen = api.task(arn)
    assert (seen["desiredStatus"], seen["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert seen["containers"][0]["exitCode"] == 3


def test_a_task_that_never_started_says_so(api: Api) -> None:
    api.instance()
    api.register()
    arn = api.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    api.report(arn, "STOPPED", reason="CannotPullContainerError: the image is not there")
    seen = api.task(arn)
    assert (seen["stopCode"], seen["lastStatus"]) == ("TaskFailedToStart", "STOPPED")
    assert seen["stoppedReason"].startswith("CannotPullContainerError")


def test_describe_and_list_filter_page_and_miss(api: Api) -> None:
    api.instance()
    api.register()
    api.register("other")
    api.ecs.run_task(taskDefinition="web", count=3, startedBy="a")
    api.ecs.run_task(taskDefinition="other", count=2)
    first = api.ecs.list_tasks(maxResults=4)
    rest = api.ecs.list_tasks(maxResults=4, nextToken=first["nextToken"])
    assert (len(first["taskArns"]), len(rest["taskArns"]), rest.get("nextToken")) == (4, 1, None)
    assert len(api.ecs.list_tasks(family="other")["taskArns"]) == 2
    assert len(api.ecs.list_tasks(startedBy="a")["taskArns"]) == 3
    assert api.ecs.list_tasks(desiredStatus="PENDING")["taskArns"] == []
    assert api.ecs.describe_tasks(tasks=["f" * 32])["failures"][0]["reason"] == "MISSING"
    assert refused(api.ecs.list_tasks, nextToken="made-up")[0] == "InvalidParameterException"


def test_start_task_puts_a_task_on_the_named_instance(api: Api) -> None:
    api.instance()
    second = api.instance("i-2")
    api.register()
    answer = api.ecs.start_task(taskDefinition="web", containerInstances=[second, "nope"])
    assert [t["containerInstanceArn"] for t in answer["tasks"]] == [second]
    assert answer["failures"][0]["reason"] == "MISSING"


def test_an_operation_that_ecs_does_not_have_is_refused_by_name(api: Api) -> None:
    answer = requests.post(
        "https://ecs.us-east-1.amazonaws.com/",
        data="{}",
        headers={"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.CreateStarship"},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["__type"]) == (400, "UnknownOperationException")
    assert "CreateStarship" in answer.text


def test_tags_are_kept_on_tasks_and_shown_when_asked(api: Api) -> None:
    api.instance()
    api.register()
    arn = api.ecs.run_task(taskDefinition="web", tags=[{"key": "a", "value": "1"}])["tasks"][0]["taskArn"]
    api.ecs.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    api.ecs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert api.ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    assert api.task(arn)["tags"] == []
    assert api.ecs.describe_tasks(tasks=[arn], include=["TAGS"])["tasks"][0]["tags"] == [{"key": "b", "value": "2"}]


def test_instances_are_listed_and_chosen_by_the_cluster_query_language(api: Api) -> None:
    small, large = api.instance(), api.instance("i-2")
    instance = api.backend.store.instance(large)
    api.backend.store.put_instance(replace(instance, attributes={**instance.attributes, "stack": "prod"}))
    found = api.ecs.list_container_instances(filter="attribute:stack == prod")["containerInstanceArns"]
    assert found == [large]
    assert small in api.ecs.list_container_instances(filter="attribute:stack !exists")["containerInstanceArns"]
    with pytest.raises(ClientError, match="is no subject"):
        api.ecs.list_container_instances(filter="stack == prod")
    api.register()
    rule = {"type": "memberOf", "expression": "attribute:stack == prod"}
    task = api.ecs.run_task(taskDefinition="web", placementConstraints=[rule])["tasks"][0]
    assert task["containerInstanceArn"] == large
    rule = {"type": "memberOf", "expression": "attribute:stack == test"}
    failures = api.ecs.run_task(taskDefinition="web", placementConstraints=[rule])["failures"]
    assert {f["reason"] for f in failures} == {"MemberOf placement constraint unsatisfied."}
