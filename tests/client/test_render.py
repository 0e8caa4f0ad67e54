"""The live view as HTML: it says every state in words, escapes all it is given, and shows what matters."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from ecslab.client.render import MOST_TASKS, render, summary

EVIL = '<script>alert("x")</script>'
VOID = {"br", "img"}


def task(number: int = 1, **changed: Any) -> dict[str, Any]:
    container = {
        "name": "web", "image": "ecslab/web:1", "lastStatus": "RUNNING", "healthStatus": "HEALTHY", "exitCode": None,
        "reason": None, "essential": True,
    }  # fmt: skip
    endpoint = {
        "container": "web", "containerPort": 80, "hostPort": 32768, "protocol": "tcp", "host": "127.0.0.1",
        "port": 32768, "url": "http://127.0.0.1:32768",
    }  # fmt: skip
    return {
        "id": f"{number:032x}", "arn": f"arn:task/{number:032x}", "definition": "web:1", "group": "service:web",
        "service": "web", "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "healthStatus": "UNKNOWN",
        "launchType": "EC2", "instance": "i-1", "address": None, "networkMode": "bridge", "stopCode": None,
        "stoppedReason": None, "createdAt": 1.0, "startedAt": 2.0, "stoppedAt": None, "containers": [container],
        "endpoints": [endpoint],
    } | changed  # fmt: skip


def service(**changed: Any) -> dict[str, Any]:
    deployment = {
        "id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "COMPLETED", "taskDefinition": "web:1", "desired": 3,
        "running": 2, "pending": 1, "failed": 0,
    }  # fmt: skip
    return {
        "name": "web", "arn": "arn:service/web", "status": "ACTIVE", "desired": 3, "running": 2, "pending": 1,
        "launchType": "EC2", "taskDefinition": "web:1", "deployments": [deployment],
        "events": [{"at": 3600.0, "message": f"(service web) has started 1 tasks: (task {1:032x})."}],
    } | changed  # fmt: skip


def instance(**changed: Any) -> dict[str, Any]:
    return {
        "arn": "arn:instance/1", "id": "1", "ec2InstanceId": "i-1", "instanceType": "m5.large", "status": "ACTIVE",
        "agentConnected": True, "availabilityZone": "us-east-1a", "cpu": {"registered": 2048, "remaining": 1024},
        "memory": {"registered": 8000, "remaining": 7000}, "ports": [], "tasks": ["1"],
    } | changed  # fmt: skip


def state(name: str = "default", **changed: Any) -> dict[str, Any]:
    cluster = {"name": name, "arn": f"arn:cluster/{name}", "status": "ACTIVE", "instances": [], "services": []}
    return {"revision": 1, "now": 3600.0, "clusters": [{**cluster, "tasks": [], **changed}]}


class Tags(HTMLParser):
    """Checks that every element that is opened is closed, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_service_its_tasks_and_instances_are_said_in_words() -> None:
    page = render(state(services=[service()], tasks=[task(), task(2, lastStatus="PENDING")], instances=[instance()]))
    for words in ("2 of 3", "1 pending", "RUNNING", "PENDING", "web:1", "ecslab/web:1", "i-1", "HEALTHY", "01:00:00"):
        assert words in page
    for words in ("1024 of 2048 units", "1000 of 8000 MiB", '<a href="http://127.0.0.1:32768"', "(task 00000000)"):
        assert words in page
    assert Tags(page).open == []


@pytest.mark.parametrize(
    "evil",
    [
        state(name=EVIL),
        state(services=[service(name=EVIL, taskDefinition=EVIL, events=[{"at": 0.0, "message": EVIL}])]),
        state(tasks=[task(id=EVIL, arn=EVIL, definition=EVIL, lastStatus=EVIL, address=EVIL, instance=EVIL)]),
        state(tasks=[task(lastStatus="STOPPED", stoppedReason=EVIL, stoppedAt=1.0)]),
        state(instances=[instance(ec2InstanceId=EVIL, status=EVIL, instanceType=EVIL)]),
    ],
)
def test_nothing_of_what_it_is_given_becomes_part_of_the_page(evil: dict[str, Any]) -> None:
    page = render(evil, note=EVIL)
    assert "script" not in Tags(page).seen
    assert "&lt;script&gt;" in page


def test_an_address_that_is_not_http_is_no_link() -> None:
    endpoint = task()["endpoints"][0] | {"url": "javascript:alert(1)"}
    assert "javascript" not in render(state(tasks=[task(endpoints=[endpoint])]))


def test_where_addresses_cannot_be_reached_they_are_text() -> None:
    page = render(state(tasks=[task()]), reachable=False)
    assert "127.0.0.1:32768" in page
    assert "<a " not in page


def test_a_stopped_task_says_why_and_leaves_its_service() -> None:
    ended = task()["containers"][0] | {"exitCode": 137, "lastStatus": "STOPPED"}
    stopped = task(lastStatus="STOPPED", stoppedReason="Essential container in task exited", stoppedAt=9.0)
    page = render(state(services=[service()], tasks=[stopped | {"containers": [ended]}]))
    assert "Essential container in task exited · web exit 137" in page
    assert 'class="task ' not in page


def test_a_rollout_shows_both_deployments() -> None:
    old = service()["deployments"][0] | {"status": "ACTIVE", "failed": 2}
    new = old | {"status": "PRIMARY", "rolloutState": "FAILED", "taskDefinition": "web:2"}
    page = render(state(services=[service(deployments=[new, old])]))
    for words in ("PRIMARY", "web:2", "FAILED", "2 failed"):
        assert words in page
    assert "2 failed" not in render(state(services=[service()]))


def test_a_lost_agent_is_named() -> None:
    assert "agent disconnected" in render(state(instances=[instance(agentConnected=False)]))
    assert "agent disconnected" not in render(state(instances=[instance()]))


def test_very_many_tasks_are_counted_not_shown() -> None:
    page = render(state(services=[service()], tasks=[task(n) for n in range(MOST_TASKS + 5)]))
    assert page.count('class="task ') == MOST_TASKS
    assert "and 5 more tasks" in page


def test_an_empty_cluster_a_missing_one_and_a_silent_server_are_said() -> None:
    assert "No services and no tasks yet" in render(state())
    assert "There is no cluster &#x27;shop&#x27;." in render(state(), cluster="shop")
    silent = render(state(), note="The lab server does not answer.")
    assert "does not answer" in silent
    assert ">live<" not in silent


def test_only_the_chosen_cluster_is_shown() -> None:
    both = state()
    both["clusters"] += state("shop")["clusters"]
    assert "shop" not in render(both, cluster="default")
    assert "shop" in render(both)


def test_the_summary_is_a_line_for_each_cluster() -> None:
    found = summary(state(services=[service()], tasks=[task()], instances=[instance()]))
    assert found == "cluster default: web 2/3 running; 1 tasks RUNNING on 1 instances"
