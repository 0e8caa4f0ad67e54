"""A real lab server for the client's tests: simulated, on virtual time, one for all of them, emptied for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import ecslab
from ecslab import Lab
from ecslab.client.connecting import PRIVATE
from ecslab.client.starting import end


@pytest.fixture(autouse=True)
def not_private(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of the client runs as if under nbgrader, unless it says so."""
    for name in (*PRIVATE, "ECSLAB_RUNTIME", "ECSLAB_GRADING_RUNTIME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="package")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("served")
    yield home
    end(home)


@pytest.fixture
def lab(served_home: Path) -> Lab:
    """An empty lab with the cluster default and two instances."""
    found = ecslab.connect(runtime="simulated", time="virtual", home=served_home)
    found.reset()
    return found


@pytest.fixture
def web(lab: Lab) -> Lab:
    """The lab with a steady service web of two tasks."""
    ecs = lab.client("ecs")
    ecs.register_task_definition(
        family="web",
        containerDefinitions=[
            {"name": "web", "image": "ecslab/web:1", "memory": 64, "portMappings": [{"containerPort": 80}]}
        ],
    )
    ecs.create_service(cluster="default", serviceName="web", taskDefinition="web", desiredCount=2)
    lab.wait("services_stable", cluster="default", services=["web"])
    return lab
