"""An API without agents: our backend in moto, on virtual time, called in process by boto3."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.ecs.responses import EC2ContainerServiceResponse

from ecslab.aws.context import LabContext
from ecslab.aws.ecs.responses import EcsResponse
from ecslab.aws.install import install
from ecslab.journal import Journal
from ecslab.timeline import VirtualTimeline


@dataclass
class Api:
    """boto3's ECS client, the backend behind it, and the clock."""

    ecs: Any
    ec2: Any
    backend: Any
    timeline: VirtualTimeline

    def instance(self, name: str = "i-1", **resources: int) -> str:
        """Register a container instance with a connected agent; its ARN."""
        given = {"CPU": 2048, "MEMORY": 4096, **resources}
        arn: str = self.ecs.register_container_instance(
            cluster="default",
            instanceIdentityDocument=json.dumps({"instanceId": name}),
            totalResources=[{"name": k, "type": "INTEGER", "integerValue": v} for k, v in given.items()],
        )["containerInstance"]["containerInstanceArn"]
        self.backend.set_connected(self.backend.store.instance(arn), True)
        return arn

    def register(self, family: str = "web", **more: Any) -> str:
        """Register a small definition; its ARN."""
        container = {"name": "web", "image": "ecslab/web:1", "memory": 64, **more.pop("container", {})}
        answer = self.ecs.register_task_definition(family=family, containerDefinitions=[container], **more)
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def report(self, task: str, status: str, **more: Any) -> None:
        """Speak as the task's agent."""
        self.ecs.submit_task_state_change(cluster="default", task=task, status=status, **more)

    def task(self, arn: str) -> Any:
        """The task as DescribeTasks shows it."""
        return self.ecs.describe_tasks(tasks=[arn])["tasks"][0]

    def stored(self, arn: str, **changes: Any) -> None:
        """Change a task as the control plane would."""
        self.backend.store.put_task(replace(self.backend.store.task(arn), **changes))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    timeline = VirtualTimeline()
    context = LabContext(timeline=timeline, journal=Journal(timeline.now), random=random.Random(0))
    backend = install(context)
    with mock_aws():
        backend = install(context)
        ecs = boto3.client("ecs", region_name="us-east-1")
        ecs.create_cluster(clusterName="default")
        yield Api(ecs, boto3.client("ec2", region_name="us-east-1"), backend, timeline)


@pytest.fixture(autouse=True)
def every_answer_is_also_written_by_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way from a result to JSON must not differ from moto's, in any test of this folder."""
    quick = EcsResponse.serialized

    def both(response: EcsResponse, result: Any) -> Any:
        status, headers, body = quick(response, result)
        if not isinstance(result.result, Exception):
            slow = EC2ContainerServiceResponse.serialized(response, result)
            assert (status, dict(headers), json.loads(body)) == (slow[0], dict(slow[1]), json.loads(slow[2]))
        return status, headers, body

    monkeypatch.setattr(EcsResponse, "serialized", both)
