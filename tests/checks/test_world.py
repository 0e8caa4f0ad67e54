"""Claims about what a check sees of a running lab, over the same doors as everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecslab.checks import World
from ecslab.errors import LabError
from ecslab.journal import Entry, Journal
from grader.private import PrivateLab, private_lab

CONTAINER = {"name": "web", "image": "ecslab/web:1", "memory": 64, "portMappings": [{"containerPort": 80}]}


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateLab]:
    with private_lab(Path(tmp_path_factory.mktemp("labs"))) as server:
        yield server


@pytest.fixture
def world(private: PrivateLab) -> World:
    private.reset()
    journal = Journal(lambda: 5.0)
    journal.record("task.status", "task/one", "It runs.")

    def call(method: str, path: str, body: Any, /) -> dict[str, Any]:
        return private.call(path, None if method == "GET" else body)

    return World(
        endpoint=private.endpoint,
        question="2.2",
        answers={"2.2": 4},
        journal=journal.read,
        lab=call,
        runtime="simulated",
        now=lambda: 5.0,
    )


def register(world: World, family: str) -> str:
    made = world.ecs.register_task_definition(family=family, containerDefinitions=[CONTAINER])
    return str(made["taskDefinition"]["taskDefinitionArn"])


def running(world: World) -> str:
    register(world, "web")
    world.ecs.create_cluster(clusterName="default")
    world.lab("POST", "/_ecslab/instances", {"cluster": "default", "count": 1, "instance_type": "m5.large"})
    world.lab("POST", "/_ecslab/time", {"advance": 30})
    task = str(world.ecs.run_task(taskDefinition="web", launchType="EC2")["tasks"][0]["taskArn"])
    world.lab("POST", "/_ecslab/time", {"advance": 60})
    return task


def test_what_is_absent_is_absent_and_raises_nothing(world: World) -> None:
    assert world.definition("web") is None
    assert world.definitions("web") == []
    assert world.service("web") is None
    assert world.service("web", cluster="nowhere") is None
    assert world.tasks(cluster="nowhere", stopped=True) == []
    assert world.endpoints("0" * 32) == []


def test_a_family_shows_all_its_revisions_and_no_other_family(world: World) -> None:
    first = register(world, "web")
    register(world, "web")
    register(world, "web-other")
    world.ecs.deregister_task_definition(taskDefinition=first)
    assert [(d["revision"], d["status"]) for d in world.definitions("web")] == [(1, "INACTIVE"), (2, "ACTIVE")]
    newest = world.definition("web")
    assert newest is not None
    assert newest["revision"] == 2


def test_tasks_are_seen_running_and_on_request_stopped(world: World) -> None:
    task = running(world)
    assert [(t["taskArn"], t["lastStatus"]) for t in world.tasks()] == [(task, "RUNNING")]
    world.ecs.stop_task(task=task)
    world.lab("POST", "/_ecslab/time", {"advance": 120})
    assert world.tasks() == []
    assert [t["lastStatus"] for t in world.tasks(stopped=True)] == ["STOPPED"]


def test_a_task_is_reached_whatever_the_runtime(world: World) -> None:
    task = running(world)
    status, body = world.curl(task)
    assert status == 200
    assert body
    (endpoint,) = world.endpoints(task)
    assert (endpoint["container"], endpoint["containerPort"]) == ("web", 80)


def test_a_service_is_seen_and_its_tasks_are_its_own(world: World) -> None:
    running(world)
    world.ecs.create_service(serviceName="shop", taskDefinition="web", desiredCount=2, launchType="EC2")
    world.lab("POST", "/_ecslab/time", {"advance": 120})
    service = world.service("shop")
    assert service is not None
    assert service["runningCount"] == 2
    assert len(world.tasks(service="shop")) == 2
    assert len(world.tasks()) == 3


def test_the_answer_is_that_of_this_question(world: World) -> None:
    assert world.answer() == 4
    assert world.answer("none") == 4


def test_the_journal_is_read_by_kind_and_subject(world: World) -> None:
    entries: list[Any] = list(world.journal(kind="task", subject="one"))
    assert [(type(entry), entry.text) for entry in entries] == [(Entry, "It runs.")]
    assert list(world.journal(kind="service")) == []


def test_a_task_that_cannot_be_reached_is_a_lab_error(world: World) -> None:
    task = running(world)
    world.ecs.stop_task(task=task)
    world.lab("POST", "/_ecslab/time", {"advance": 120})
    with pytest.raises(LabError, match="reached"):
        world.curl(task)
