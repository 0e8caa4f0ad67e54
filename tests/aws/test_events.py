"""Events by themselves: their shape field by field, what a pattern matches, and what a target is given of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest

from ecslab.aws import events_input, events_pattern
from ecslab.aws.events import envelope, instance_change, task_change
from ecslab.aws.events_services import placement_reason, service_changes
from ecslab.model.arn import Place
from ecslab.model.service import Deployment, Service, ServiceEvent
from ecslab.model.status import DeploymentStatus, LaunchType, RolloutState, SchedulingStrategy, StopCode, TaskStatus
from ecslab.model.task import Attachment, Container, NetworkBinding, NetworkInterface, Task
from ecslab.scheduler.starts import CLOSEST, NO_CAPACITY
from tests.aws.conftest import Api

PLACE = Place(account="123456789012", region="us-east-1")
ARN = PLACE.task("default", "a" * 32)
AT = 1_767_225_600.25


def task(**more: Any) -> Task:
    """A task on Fargate that runs."""
    container = Container(
        container_arn=PLACE.container("default", "a" * 32, "c1"),
        task_arn=ARN,
        name="web",
        image="ecslab/web:1",
        image_digest="sha256:1",
        runtime_id="r1",
        network_interfaces=(NetworkInterface(attachment_id="eni-attach-1", private_ipv4_address="10.0.0.5"),),
        network_bindings=(NetworkBinding(bind_ip="0.0.0.0", container_port=80, host_port=80, protocol="tcp"),),
        exit_code=None,
    )
    details = ({"name": "subnetId", "value": "subnet-1"},)
    given: dict[str, Any] = {
        "task_arn": ARN,
        "cluster_arn": PLACE.cluster("default"),
        "task_definition_arn": PLACE.task_definition("web", 1),
        "launch_type": LaunchType.FARGATE,
        "containers": (container,),
        "created_at": AT - 9,
        "cpu": "256",
        "memory": "512",
        "group": "family:web",
        "last_status": TaskStatus.RUNNING,
        "attachments": (
            Attachment(id="eni-attach-1", type="ElasticNetworkInterface", status="ATTACHED", details=details),
        ),
        "availability_zone": "us-east-1a",
        "connectivity": "CONNECTED",
        "connectivity_at": AT - 5,
        "pull_started_at": AT - 4,
        "pull_stopped_at": AT - 2,
        "started_at": AT,
        "platform_version": "1.4.0",
        "version": 4,
        "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
        **more,
    }
    return Task(**given)


def test_a_tasks_event_has_awss_fields_and_no_others() -> None:
    event = envelope(task_change(task(), AT), PLACE, "id-1")
    assert event == {
        "version": "0",
        "id": "id-1",
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": "123456789012",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [ARN],
        "detail": {
            "attachments": [
                {
                    "id": "eni-attach-1",
                    "type": "eni",
                    "status": "ATTACHED",
                    "details": [{"name": "subnetId", "value": "subnet-1"}],
                }
            ],
            "attributes": [],
            "availabilityZone": "us-east-1a",
            "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/default",
            "connectivity": "CONNECTED",
            "connectivityAt": "2025-12-31T23:59:55.250Z",
            "containers": [
                {
                    "containerArn": f"arn:aws:ecs:us-east-1:123456789012:container/default/{'a' * 32}/c1",
                    "lastStatus": "PENDING",
                    "name": "web",
                    "image": "ecslab/web:1",
                    "imageDigest": "sha256:1",
                    "runtimeId": "r1",
                    "taskArn": ARN,
                    "cpu": "0",
                    "networkBindings": [{"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
                    "networkInterfaces": [{"attachmentId": "eni-attach-1", "privateIpv4Address": "10.0.0.5"}],
                }
            ],
            "cpu": "256",
            "createdAt": "2025-12-31T23:59:51.250Z",
            "desiredStatus": "RUNNING",
            "enableExecuteCommand": False,
            "group": "family:web",
            "lastStatus": "RUNNING",
            "launchType": "FARGATE",
            "memory": "512",
            "overrides": {"containerOverrides": [{"name": "web"}]},
            "platformVersion": "1.4.0",
            "pullStartedAt": "2025-12-31T23:59:56.250Z",
            "pullStoppedAt": "2025-12-31T23:59:58.250Z",
            "startedAt": "2026-01-01T00:00:00.250Z",
            "taskArn": ARN,
            "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
            "updatedAt": "2026-01-01T00:00:00.250Z",
            "version": 4,
        },
    }
    assert json.loads(json.dumps(event)) == event


def test_a_stopped_tasks_event_says_why_and_names_what_was_overridden() -> None:
    gone = replace(
        task(),
        last_status=TaskStatus.STOPPED,
        stop_code=StopCode.ESSENTIAL_CONTAINER_EXITED,
        stopped_reason="Essential container in task exited",
        stopped_at=AT + 1,
        overrides={"containerOverrides": [{"name": "web", "command": ["x"]}], "cpu": "512"},
        containers=(replace(task().containers[0], exit_code=3),),
    )
    detail = task_change(gone, AT + 1).detail
    assert detail["stopCode"] == "EssentialContainerExited"
    assert detail["stoppedReason"] == "Essential container in task exited"
    assert detail["stoppedAt"] == "2026-01-01T00:00:01.250Z"
    assert detail["containers"][0]["exitCode"] == 3
    assert detail["overrides"] == {"containerOverrides": [{"name": "web", "command": ["x"]}], "cpu": "512"}


def test_an_instances_event_is_what_describe_container_instances_shows(api: Api) -> None:
    arn = api.instance(CPU=1024, MEMORY=2048)
    view = api.backend.view(api.backend.store.instance(arn))
    fact = instance_change(view, PLACE.cluster("default"), AT)
    (shown,) = api.ecs.describe_container_instances(containerInstances=[arn])["containerInstances"]
    assert (fact.resource, fact.detail_type) == (arn, "ECS Container Instance State Change")
    assert fact.detail["version"] == shown["version"]
    assert fact.detail["ec2InstanceId"] == shown["ec2InstanceId"]
    assert fact.detail["updatedAt"] == "2026-01-01T00:00:00.250Z"
    assert fact.detail["registeredResources"][:2] == [
        {"name": "CPU", "type": "INTEGER", "integerValue": 1024},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": 2048},
    ]
    assert fact.detail["registeredResources"][2]["stringSetValue"] == ["22", "2375", "2376", "51678", "51679"]
    assert set(fact.detail) == {
        "agentConnected",
        "attributes",
        "clusterArn",
        "containerInstanceArn",
        "ec2InstanceId",
        "registeredResources",
        "remainingResources",
        "status",
        "version",
        "versionInfo",
        "updatedAt",
    }


def deployment(state: RolloutState, name: str = "ecs-svc/1") -> Deployment:
    return Deployment(
        id=name,
        status=DeploymentStatus.PRIMARY,
        task_definition="web:1",
        created_at=AT,
        updated_at=AT,
        rollout_state=state,
        rollout_state_reason=f"ECS deployment {name} {state.lower()}.",
    )


def service(*messages: str, state: RolloutState = RolloutState.IN_PROGRESS, **more: Any) -> Service:
    """A service that has said these things, newest last."""
    events = tuple(ServiceEvent(id=str(n), created_at=AT, message=f"(service web) {m}") for n, m in enumerate(messages))
    given: dict[str, Any] = {
        "service_arn": PLACE.service("default", "web"),
        "service_name": "web",
        "cluster_arn": PLACE.cluster("default"),
        "task_definition": "web:1",
        "desired_count": 1,
        "created_at": AT,
        "events": events[::-1],
        "deployments": (deployment(state),),
        **more,
    }
    return Service(**given)


def names(before: Service | None, after: Service) -> list[tuple[str, str]]:
    return [(f.detail["eventType"], f.detail["eventName"]) for f in service_changes(before, after, PLACE, AT)]


@pytest.mark.parametrize(
    ("state", "kind", "name"),
    [
        (RolloutState.IN_PROGRESS, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
        (RolloutState.COMPLETED, "INFO", "SERVICE_DEPLOYMENT_COMPLETED"),
        (RolloutState.FAILED, "ERROR", "SERVICE_DEPLOYMENT_FAILED"),
    ],
)
def test_a_deployment_that_moves_on_is_told_once(state: RolloutState, kind: str, name: str) -> None:
    after = service(state=state)
    (fact,) = service_changes(None, after, PLACE, AT)
    assert fact.detail_type == "ECS Deployment State Change"
    assert fact.resource == PLACE.service("default", "web")
    assert fact.detail == {
        "eventType": kind,
        "eventName": name,
        "clusterArn": PLACE.cluster("default"),
        "deploymentId": "ecs-svc/1",
        "updatedAt": "2026-01-01T00:00:00.250Z",
        "reason": f"ECS deployment ecs-svc/1 {state.lower()}.",
    }
    assert names(after, after) == []


def test_a_steady_state_is_told_of_the_service_and_of_its_capacity_providers() -> None:
    strategy = ({"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0},)
    before = service(capacity_provider_strategy=strategy)
    after = service("has reached a steady state.", capacity_provider_strategy=strategy)
    first, second = service_changes(before, after, PLACE, AT)
    assert first.detail == {
        "eventType": "INFO",
        "eventName": "SERVICE_STEADY_STATE",
        "clusterArn": PLACE.cluster("default"),
        "createdAt": "2026-01-01T00:00:00.250Z",
    }
    assert second.detail["eventName"] == "CAPACITY_PROVIDER_STEADY_STATE"
    spot = "arn:aws:ecs:us-east-1:123456789012:capacity-provider/FARGATE_SPOT"
    assert second.detail["capacityProviderArns"] == [spot]


def test_what_a_service_says_becomes_its_actions_oldest_first() -> None:
    before = service("has started 1 tasks: (task 1).")
    after = service(
        "has started 1 tasks: (task 1).",
        "is unable to consistently start tasks successfully.",
        "failed to launch a task with (error No such role.).",
        "has stopped 1 running tasks: (task 1).",
    )
    assert names(before, after) == [
        ("WARN", "SERVICE_TASK_START_IMPAIRED"),
        ("ERROR", "SERVICE_TASK_CONFIGURATION_FAILURE"),
        ("INFO", "TASKS_STOPPED"),
    ]
    assert service_changes(before, after, PLACE, AT)[1].detail["reason"] == "No such role."


def test_only_the_scheduler_that_counts_anew_is_told_not_the_user_who_does() -> None:
    daemon = service(scheduling_strategy=SchedulingStrategy.DAEMON)
    assert names(daemon, replace(daemon, desired_count=2)) == [("INFO", "SERVICE_DESIRED_COUNT_UPDATED")]
    assert names(service(), service(desired_count=2)) == []


@pytest.mark.parametrize(("reason", "words"), [*CLOSEST.items(), ("RESOURCE:FARGATE", NO_CAPACITY)])
def test_the_reason_of_a_placement_that_failed_is_run_tasks(reason: str, words: str) -> None:
    assert placement_reason(f"(service web) was unable to place a task … The closest matching (…) {words}") == reason


EVENT = {
    "source": "aws.ecs",
    "detail": {
        "lastStatus": "STOPPED",
        "version": 4,
        "flag": True,
        "containers": [{"name": "web", "exitCode": 0}, {"name": "side", "exitCode": 137}],
        "tags": ["a", "b"],
        "address": "10.0.0.5",
        "empty": {},
    },
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({}, True),
        ({"source": ["aws.ecs", "aws.ec2"]}, True),
        ({"source": ["aws.ec2"]}, False),
        ({"source": [{"prefix": "aws."}]}, True),
        ({"source": [{"suffix": ".ECS"}]}, False),
        ({"source": [{"suffix": {"equals-ignore-case": ".ECS"}}]}, True),
        ({"source": [{"equals-ignore-case": "AWS.ecs"}]}, True),
        ({"source": [{"wildcard": "a*.e*s"}]}, True),
        ({"source": [{"wildcard": "a*.e\\*s"}]}, False),
        ({"source": [{"anything-but": "aws.ecs"}]}, False),
        ({"source": [{"anything-but": ["aws.ec2"]}]}, True),
        ({"source": [{"anything-but": {"prefix": "aws."}}]}, False),
        ({"detail": {"absent": [{"anything-but": "x"}]}}, False),
        ({"detail": {"version": [{"numeric": [">", 3, "<=", 4]}]}}, True),
        ({"detail": {"version": [{"numeric": ["=", 5]}]}}, False),
        ({"detail": {"lastStatus": [{"numeric": [">", 0]}]}}, False),
        ({"detail": {"version": [4]}}, True),
        ({"detail": {"version": ["4"]}}, False),
        ({"detail": {"flag": [1]}}, False),
        ({"detail": {"flag": [True]}}, True),
        ({"detail": {"absent": [{"exists": False}]}}, True),
        ({"detail": {"absent": [{"exists": True}]}}, False),
        ({"detail": {"version": [{"exists": True}]}}, True),
        ({"detail": {"empty": [{"exists": True}]}}, False),
        ({"detail": {"tags": ["b"]}}, True),
        ({"detail": {"tags": [{"anything-but": ["a", "b"]}]}}, False),
        ({"detail": {"containers": {"exitCode": [137]}}}, True),
        ({"detail": {"containers": {"exitCode": [{"anything-but": 0}]}}}, True),
        ({"detail": {"containers": {"name": ["web"], "exitCode": [137]}}}, False),
        ({"detail": {"containers": {"name": ["side"], "exitCode": [137]}}}, True),
        ({"detail": {"address": [{"cidr": "10.0.0.0/24"}]}}, True),
        ({"detail": {"address": [{"cidr": "10.1.0.0/24"}]}}, False),
        ({"$or": [{"source": ["x"]}, {"detail": {"lastStatus": ["STOPPED"]}}]}, True),
        ({"$or": [{"source": ["x"]}, {"detail": {"lastStatus": ["RUNNING"]}}]}, False),
    ],
)
def test_a_pattern_matches_as_eventbridge_does(pattern: dict[str, Any], expected: bool) -> None:
    assert events_pattern.matches(events_pattern.read(json.dumps(pattern)), EVENT) is expected


@pytest.mark.parametrize(
    "pattern",
    ["{", "[]", '{"source": "aws.ecs"}', '{"source": []}', '{"a": [{"like": "x"}]}', '{"a": [{"numeric": [">"]}]}'],
)
def test_a_pattern_that_is_none_is_refused_with_the_reason(api: Api, pattern: str) -> None:
    events = boto3.client("events", region_name="us-east-1")
    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.put_rule(Name="x", EventPattern=pattern)


def test_a_pattern_can_be_tried_on_an_event(api: Api) -> None:
    events = boto3.client("events", region_name="us-east-1")
    pattern = {"detail": {"containers": {"exitCode": [{"numeric": [">", 128]}]}}}
    answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(EVENT))
    assert answer["Result"] is True


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"n": <n>, "t": "<t>"}', '{"n": 3, "t": "a \\"b\\""}'),
        ('"<t> in <n> parts"', '"a \\"b\\" in 3 parts"'),
        ("<t> in <n> parts", 'a "b" in 3 parts'),
        ('{"all": <o>, "as": "<o>"}', '{"all": {"k": 1}, "as": "{\\"k\\": 1}"}'),
        ('{"t": <t>}', '{"t": "a \\"b\\""}'),
        ('{"no": <no>, "text": "<no>", "unknown": "<what>"}', '{"no": null, "text": "", "unknown": "<what>"}'),
    ],
)
def test_a_template_is_filled_as_text_in_quotes_and_as_json_outside(template: str, expected: str) -> None:
    values = {"n": 3, "t": 'a "b"', "o": {"k": 1}, "no": events_input.look({}, "$.detail")}
    assert events_input.fill(template, values) == expected


def test_a_target_gets_its_own_input_or_a_part_or_the_whole_event() -> None:
    assert events_input.of_target({"Input": "{}"}, EVENT, {}) == "{}"
    assert events_input.of_target({"InputPath": "$.detail.containers[1].name"}, EVENT, {}) == '"side"'
    assert json.loads(events_input.of_target({}, EVENT, {})) == EVENT
