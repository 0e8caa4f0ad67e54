"""An open lab behind its HTTP door, in this process: simulated on virtual time unless a test asks for another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecslab.checks.registry import Registry
from ecslab.model.network import Doors
from ecslab.server.api import LabApi
from ecslab.server.http import listen
from ecslab.server.openlab import OpenLab
from ecslab.server.serve import open_doors

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@dataclass
class Served:
    """An open lab, its own API, and boto3 on its endpoint."""

    lab: OpenLab
    api: LabApi
    endpoint: str
    agent: str

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint, **CREDENTIALS)

    @property
    def ecs(self) -> Any:
        return self.client("ecs")

    def until(self, done: Callable[[], bool], limit: float = 60.0) -> None:
        """Let lab time pass until ``done`` (called without the lock) holds; fail after ``limit`` lab seconds."""
        timeline = self.lab.timeline
        if timeline.kind != "virtual":
            assert timeline.until(done, limit), "it did not happen in time"
            return
        for _ in range(int(limit * 2)):
            if done():
                return
            timeline.advance(0.5)
        assert done(), "it did not happen in time"

    def register(self, family: str = "web", command: list[str] | None = None, **more: Any) -> str:
        container = {"name": "web", "image": "ecslab/web:1", "memory": 64, "portMappings": [{"containerPort": 80}]}
        container |= more.pop("container", {})
        if command:
            container["command"] = command
        answer = self.ecs.register_task_definition(family=family, containerDefinitions=[container], **more)
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def task(self, arn: str) -> Any:
        return self.lab.backend.store.task(arn)

    def tasks(self, service: str) -> list[Any]:
        return [t for t in self.lab.backend.store.tasks_of_service("default", service) if t.desired_status == "RUNNING"]

    def running(self, service: str) -> int:
        return sum(t.last_status == "RUNNING" for t in self.tasks(service))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    closing: list[Callable[[], None]] = []

    def start(runtime: str = "simulated", time: str = "virtual") -> Served:
        listening, agents = listen(0), listen(0)
        endpoint, agent = (f"http://127.0.0.1:{s.getsockname()[1]}" for s in (listening, agents))
        doors = Doors(agent=agent, aws=endpoint)
        lab = OpenLab(lab_id="test", runtime=runtime, time=time, home=tmp_path, doors=doors)
        status = {"endpoint": endpoint, "pid": 0, "version": "test"}
        api = LabApi(lab, Registry(Path(__file__).parents[2] / "labs"), lambda: dict(status), lambda: None)
        closing.append(lab.close)
        for server in open_doors(lab, api, listening, agents):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            closing.extend((server.server_close, server.shutdown))
        lab.open()
        return Served(lab, api, endpoint, agent)

    yield start
    for close in reversed(closing):
        close()


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """A simulated lab on virtual time."""
    return serve()
