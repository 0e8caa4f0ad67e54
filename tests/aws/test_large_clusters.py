"""A large cluster: the journal stays small, counts are kept, and reasons are still told."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.control.services import reconcile
from ecslab.control.why import why
from ecslab.scheduler.decisions import SHOWN
from tests.aws.conftest import Api
from tests.aws.invariants import broken

MANY = SHOWN + 5


@pytest.fixture
def large(api: Api) -> Api:
    api.register()
    for number in range(MANY):
        api.instance(f"i-{number}", MEMORY=4096 if number else 32)
    return api


def service(api: Api, desired: int = 1) -> Any:
    api.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=desired, launchType="EC2")
    reconcile(api.backend, api.backend.store.service("default", "web"))
    return api.backend.store.service("default", "web")


def test_the_journal_has_one_row_per_reason_where_instances_are_many(large: Api) -> None:
    service(large)
    entry = large.backend.context.journal.read(kind="placement.chosen")[0]
    assert entry.data["counts"] == {"RESOURCE:MEMORY": 1, "fits": MANY - 1}
    assert entry.data["rows"] == [
        {"instance": "1 instance", "verdict": "RESOURCE:MEMORY", "reason": "such as i-0: 64 MiB needed, 32 left"},
        {"instance": f"{MANY - 1} instances", "verdict": "fits", "reason": "such as i-1"},
    ]


def test_why_counts_every_instance_of_a_large_cluster(large: Api) -> None:
    service(large)
    task = next(large.backend.store.tasks("default"))
    assert f"{MANY - 1} of {MANY} instances had room for it." in why(large.backend, task.task_arn).sentences[1]


def test_why_explains_a_task_that_run_task_placed(api: Api) -> None:
    api.register()
    api.instance("i-small", MEMORY=32)
    api.instance("i-large")
    arn = api.ecs.run_task(taskDefinition="web", launchType="EC2")["tasks"][0]["taskArn"]
    answer = why(api.backend, arn)
    assert "1 of 2 instances had room for it." in answer.sentences[1]
    assert [(row["instance"], row["verdict"]) for row in answer.rows] == [
        ("i-small", "RESOURCE:MEMORY"),
        ("i-large", "chosen"),
    ]


def test_why_says_that_start_task_chooses_nothing(api: Api) -> None:
    api.register()
    instance = api.instance("i-1")
    arn = api.ecs.start_task(taskDefinition="web", containerInstances=[instance])["tasks"][0]["taskArn"]
    assert "StartTask put it" in why(api.backend, arn).sentences[1]


def test_run_task_says_of_each_of_many_instances_why_not(large: Api) -> None:
    large.register("huge", container={"memory": 100_000})
    failures = large.ecs.run_task(taskDefinition="huge", launchType="EC2")["failures"]
    assert [f["reason"] for f in failures] == ["RESOURCE:MEMORY"] * MANY


def test_counts_and_lists_follow_every_change(large: Api) -> None:
    made = service(large, desired=3)
    arns = large.ecs.list_tasks()["taskArns"]
    assert len(arns) == 3
    shown = [large.ecs.describe_services(services=["web"])["services"][0]["pendingCount"] for _ in range(2)]
    assert shown == [3, 3]
    large.report(arns[0], "RUNNING")
    large.ecs.stop_task(task=arns[1])
    counted = large.ecs.describe_services(services=["web"])["services"][0]
    assert (counted["runningCount"], counted["pendingCount"]) == (1, 2)
    assert large.ecs.list_tasks()["taskArns"] == [arns[0], arns[2]]
    assert large.ecs.list_tasks(desiredStatus="STOPPED")["taskArns"] == [arns[1]]
    cluster = large.ecs.describe_clusters()["clusters"][0]
    assert (cluster["runningTasksCount"], cluster["pendingTasksCount"]) == (1, 2)
    assert cluster["registeredContainerInstancesCount"] == MANY
    assert made.service_name == "web"
    assert not broken(large.backend)
