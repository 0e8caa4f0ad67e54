"""Claims about tools that know nothing of this lab: the AWS CLI with its waiters, and ecs-deploy from PyPI.

They are unmodified programs of their own, so lab time has to go by: simulated containers, a minute in a second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import CREDENTIALS, Served

LIMIT = 180
Tool = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hurried(serve: Callable[..., Served]) -> Served:
    """A lab whose time runs sixty times as fast as the wall."""
    return serve("simulated", "scaled:60")


def tool(served: Served, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "AWS_ENDPOINT_URL": served.endpoint,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": CREDENTIALS["region_name"],
        "AWS_PAGER": "",
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)


def aws(served: Served, *words: str) -> Any:
    said = tool(served, sys.executable, "-m", "awscli", "ecs", *words, "--output", "json")
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout) if said.stdout.strip() else None


def ecs_deploy(served: Served, *words: str) -> subprocess.CompletedProcess[str]:
    return tool(served, str(Path(sys.executable).with_name("ecs")), *words)


def web(served: Served, count: int = 2) -> None:
    served.ecs.create_service(serviceName="web", taskDefinition=served.register(), desiredCount=count)
    served.until(lambda: served.running("web") == count, limit=600)


def images(served: Served) -> set[str]:
    return {c.image for task in served.tasks("web") for c in task.containers}


@pytest.mark.slow
def test_the_cli_makes_a_service_waits_for_it_and_takes_it_down(hurried: Served, tmp_path: Path) -> None:
    definition = {"family": "web", "containerDefinitions": [{"name": "web", "image": "ecslab/web:1", "memory": 64}]}
    (tmp_path / "web.json").write_text(json.dumps(definition))
    registered = aws(hurried, "register-task-definition", "--cli-input-json", f"file://{tmp_path / 'web.json'}")
    assert registered["taskDefinition"]["revision"] == 1
    aws(hurried, "create-service", "--service-name", "web", "--task-definition", "web", "--desired-count", "2")
    aws(hurried, "wait", "services-stable", "--services", "web")
    assert aws(hurried, "describe-services", "--services", "web")["services"][0]["runningCount"] == 2
    aws(hurried, "update-service", "--service", "web", "--desired-count", "0")
    aws(hurried, "wait", "services-stable", "--services", "web")
    aws(hurried, "delete-service", "--service", "web")
    aws(hurried, "wait", "services-inactive", "--services", "web")


@pytest.mark.slow
def test_the_cli_runs_a_task_and_waits_for_its_end(hurried: Served) -> None:
    hurried.register("job", ["log", "2"])
    arn = aws(hurried, "run-task", "--task-definition", "job", "--count", "1")["tasks"][0]["taskArn"]
    aws(hurried, "wait", "tasks-stopped", "--tasks", arn)
    ended = aws(hurried, "describe-tasks", "--tasks", arn)["tasks"][0]
    assert ended["containers"][0]["exitCode"] == 0


@pytest.mark.slow
def test_ecs_deploy_deploys_an_image_scales_and_runs(hurried: Served) -> None:
    web(hurried)
    said = ecs_deploy(hurried, "deploy", "default", "web", "--image", "web", "ecslab/web:2", "--timeout", "60")
    assert said.returncode == 0, said.stdout + said.stderr
    hurried.until(lambda: images(hurried) == {"ecslab/web:2"}, limit=600)
    said = ecs_deploy(hurried, "scale", "default", "web", "3", "--timeout", "60")
    assert said.returncode == 0, said.stdout + said.stderr
    assert len(hurried.tasks("web")) == 3
    said = ecs_deploy(hurried, "run", "default", "web", "1")
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.slow
def test_ecs_deploy_rolls_back_what_never_comes_up(hurried: Served) -> None:
    web(hurried)
    bad = ("--image", "web", "ecslab/nowhere:1", "--timeout", "10", "--rollback")
    said = ecs_deploy(hurried, "deploy", "default", "web", *bad)
    assert said.returncode == 1, said.stdout + said.stderr
    assert "Rolling back" in said.stdout
    hurried.until(lambda: images(hurried) == {"ecslab/web:1"} and hurried.running("web") == 2, limit=600)
