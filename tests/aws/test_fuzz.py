"""Thousands of requests, valid and mutated, over every operation of ECS: an answer each time, and a sound state.

The lab is whole (control plane, agents, simulated containers) on virtual time, and time passes between requests, so a
request that poisons a later step of the lab is found too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.request import Request

from ecslab.aws.ecs.responses import EcsResponse
from ecslab.model.status import TaskStatus
from ecslab.server.openlab import OpenLab
from tests.aws.generating import Requests
from tests.aws.invariants import broken

HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host, "
    "Signature=0",
}
URL = "http://ecs.us-east-1.amazonaws.com/"
REQUESTS = 1500
ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["ssmmessages:*", "ecs:*"], "Resource": "*"}],
}
CONTAINER = {"name": "web", "image": "ecslab/web:1", "memory": 64}
NAMED = {**CONTAINER, "portMappings": [{"containerPort": 80, "name": "http"}]}


class Fuzzed:
    """An open lab, spoken to in process."""

    def __init__(self, lab: OpenLab, seed: int) -> None:
        self.lab = lab
        self.requests = Requests(seed, {})
        self.group = self.task = self.execution = self.infrastructure = ""

    def call(self, operation: str, body: Any) -> tuple[int, dict[str, Any]]:
        """One request as it comes over HTTP; its status and answer."""
        return self.send(operation, json.dumps(body).encode())

    def send(self, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """One request with that very body."""
        headers = {**HEADERS, "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}"}
        request = Request.from_primitives("POST", URL, headers, body)
        status, _, answer = EcsResponse.dispatch(request, request.raw_url, request.headers)
        return status, json.loads(answer or "{}")

    def populate(self) -> None:
        """Something of everything, so that requests have something to name."""
        self.call("RegisterTaskDefinition", {"family": "web", "containerDefinitions": [CONTAINER]})
        fargate = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
        self.call("RegisterTaskDefinition", {"family": "far", "containerDefinitions": [NAMED], **fargate})
        self.group = make_group()
        self.execution = make_role()
        self.infrastructure = make_role("infrastructure", "ecs.amazonaws.com")
        role = {"family": "exec", "taskRoleArn": self.execution}
        self.call("RegisterTaskDefinition", {**role, "containerDefinitions": [CONTAINER]})
        self.call("CreateService", {"serviceName": "web", "taskDefinition": "web", "desiredCount": 2})
        self.call("RunTask", {"taskDefinition": "web", "count": 2})
        _, answer = self.call("RunTask", {"taskDefinition": "exec", "enableExecuteCommand": True})
        self.task = answer["tasks"][0]["taskArn"]
        self.lab.timeline.advance(10)

    def learn(self) -> None:
        """Read the names that there are."""
        backend = self.lab.backend
        from ecslab.aws import ec2

        store, ec2_backend = backend.store, ec2.backend_of(backend.place)
        tasks = [t.task_arn for t in store.all_tasks()][-20:]
        services = [s.service_arn for s in store.services()]
        instances = [i.arn for i in store.instances()]
        definitions = [*list(store.definitions)[-10:], "web", "far", "web:1"]
        _, answer = self.call("ListServiceDeployments", {"service": "web"})
        deployed = [d["serviceDeploymentArn"] for d in answer.get("serviceDeployments", ())]
        revised = [d["targetServiceRevisionArn"] for d in answer.get("serviceDeployments", ())]
        clusters = ["default", *(c.arn for c in backend.clusters.values())][:6]
        self.requests.names = {
            "cluster": clusters,
            "clusterName": ["c1", "c2", "c3"],
            "status": ["ACTIVATING", "RUNNING", "STOPPED"],
            "task": [self.task, *tasks, *(t.rsplit("/", 1)[-1] for t in tasks)],
            "service": [*services, "web", "a"],
            "serviceName": ["web", "a", "b", "s1", "s2", "s3"],
            "serviceArn": [*backend.express, *services],
            "infrastructureRoleArn": [self.infrastructure],
            "executionRoleArn": [self.execution],
            "gateway": ["g1", "g2", *(g.gateway_arn for g in backend.gateways.values())][:4],
            "gatewayRouteArn": list(backend.gateway_routes),
            "taskDefinition": definitions,
            "containerInstance": [*instances, *(i.rsplit("/", 1)[-1] for i in instances)],
            "resourceArn": [*tasks, *services, *instances, *definitions, *(c.arn for c in backend.clusters.values())],
            "targetId": instances,
            "serviceDeploymentArn": deployed,
            "serviceRevisionArn": revised,
            "family": ["web", "far", "a"],
            "subnet": list(next(iter(ec2_backend.subnets.values()), {}))[:2] or ["subnet-1"],
            "securityGroup": ["sg-1"],
            "capacityProvider": ["cp1", "cp2", "FARGATE", "FARGATE_SPOT"],
            "containerName": ["web", "a"],
            "autoScalingGroupArn": [self.group],
            "nextToken": ["0", "1", "5"],
            "image": ["ecslab/web:1", "busybox"],
            "group": ["family:web", "g"],
            "expression": ["attribute:ecs.instance-type == m5.large", "task:group == service:web"],
        }


def make_role(name: str = "app", service: str = "ecs-tasks.amazonaws.com") -> str:
    """A role with which commands may be run, that a service may assume; its ARN."""
    iam = boto3.client("iam", region_name="us-east-1")
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(ALLOWED))
    return str(arn)


def make_group() -> str:
    """An Auto Scaling group for capacity providers; its ARN."""
    scaling = boto3.client("autoscaling", region_name="us-east-1")
    scaling.create_launch_configuration(LaunchConfigurationName="lc", ImageId="ami-12c6146b", InstanceType="m5.large")
    size = {"MinSize": 0, "MaxSize": 2, "AvailabilityZones": ["us-east-1a"]}
    scaling.create_auto_scaling_group(AutoScalingGroupName="g", LaunchConfigurationName="lc", **size)
    (found,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    return str(found["AutoScalingGroupARN"])


@pytest.fixture
def fuzzed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fuzzed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        lab = OpenLab(lab_id="fuzz", runtime="simulated", time="virtual", home=tmp_path)
        lab.open()
        try:
            yield Fuzzed(lab, 0)
        finally:
            lab.close()


@pytest.mark.parametrize("seed", range(2))
def test_no_request_fails_inside_the_lab_or_harms_its_state(fuzzed: Fuzzed, seed: int) -> None:
    fuzzed.requests = Requests(seed, {})
    fuzzed.populate()
    found: list[str] = []
    for number in range(REQUESTS):
        if number % 25 == 0:
            fuzzed.learn()
            fuzzed.lab.timeline.advance(5)
            found += [f"{number}: {problem}" for problem in broken(fuzzed.lab.backend)]
        operation = fuzzed.requests.operation(number)
        body = fuzzed.requests.sensible(operation)
        if fuzzed.requests.count(1):
            body = fuzzed.requests.mutated(body)
        status, answer = fuzzed.call(operation, body)
        if status >= 500 or "ServerException" in str(answer.get("__type", "")):
            found.append(f"{operation} {json.dumps(body)[:2000]} → {status} {answer}")
    failures = [e.text for e in fuzzed.lab.journal.read(kind="error")]
    assert (found + failures)[:40] == []
    assert fuzzed.call("DescribeClusters", {})[0] == 200


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("body", [b"not json", b"\xff\xfe", b"[]", b'{"a":' * 5000, b'{"maxResults": NaN}'])
def test_a_body_that_cannot_be_read_is_refused_without_a_word_on_stderr(fuzzed: Fuzzed, body: bytes) -> None:
    status, answer = fuzzed.send("ListTasks", body)
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_an_operation_that_is_none_is_refused(fuzzed: Fuzzed) -> None:
    assert fuzzed.call("ListPods", {})[1]["__type"] == "UnknownOperationException"


def test_a_harmed_state_would_be_found(fuzzed: Fuzzed) -> None:
    fuzzed.populate()
    store = fuzzed.lab.backend.store
    assert broken(fuzzed.lab.backend) == []
    task = next(t for t in store.all_tasks() if t.container_instance_arn)
    store._tasks_of_instance.move(task.task_arn, task.container_instance_arn, None)
    store._tasks[task.task_arn] = replace(task, last_status=TaskStatus.STOPPED)
    found = " ".join(broken(fuzzed.lab.backend))
    assert "is not among its instance's" in found
    assert "is STOPPED, but not desired so" in found
