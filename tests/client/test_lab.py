"""The Lab object against a real server: what a learner calls in a notebook, and what goes wrong there."""

from __future__ import annotations

import boto3
import pytest

from ecslab import Lab
from ecslab.client.reports import Report
from ecslab.errors import EcslabError, InvalidParameterException, LabError, TaskError
from ecslab.timeline import real_monotonic


def tasks(lab: Lab) -> list[dict[str, object]]:
    ecs = lab.client("ecs")
    found: list[dict[str, object]] = ecs.describe_tasks(tasks=ecs.list_tasks()["taskArns"])["tasks"]
    return found


def test_the_lab_says_what_it_is(lab: Lab) -> None:
    assert repr(lab) == f"<ecslab.Lab {lab.endpoint} simulated runtime, virtual time, us-east-1>"
    card = lab._repr_html_()
    for words in (lab.endpoint, "123456789012", "simulated", "only pretended", "nothing real runs"):
        assert words in card


def test_the_client_is_boto3_itself_and_deaf_to_the_users_own_account(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-this")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    lab._clients.clear()
    lab._session = None
    ecs = lab.client("ecs")
    assert ecs.meta.endpoint_url == lab.endpoint
    assert ecs.list_clusters()["clusterArns"] == ["arn:aws:ecs:us-east-1:123456789012:cluster/default"]
    assert lab.client("ecs") is ecs
    assert lab.client("sts").get_caller_identity()["Account"] == lab.account


def test_a_task_is_given_as_arn_id_or_dict(web: Lab) -> None:
    task = tasks(web)[0]
    arn = str(task["taskArn"])
    for name in (task, arn, arn.rsplit("/", 1)[1], {"tasks": [task]}):
        page = web.curl(name)
        assert page.status == 200
        assert "Hello" in page.text
        assert web.url(name).startswith("http://")
    assert "listening" in web.logs(task)[0]
    assert "listening" in repr(web.logs(task))
    assert "is RUNNING" in repr(web.why(task))
    assert "2 tasks wanted, 2 running" in repr(web.why("web"))
    with pytest.raises(LabError, match="has 2"):
        web.logs({"tasks": tasks(web)})


def test_a_killed_task_is_replaced_and_the_story_tells_it(web: Lab) -> None:
    before = {str(task["taskArn"]) for task in tasks(web)}
    victim = sorted(before)[0]
    assert web.kill(victim) == ["web"]
    ecs = web.client("ecs")
    after = web.until(lambda: set(ecs.list_tasks()["taskArns"]) - before)
    assert len(after) == 1
    assert any("killed from outside" in sentence for sentence in web.story(subject=victim).sentences())
    last = web.story()[-1]["number"]
    assert list(web.story(after=last)) == []


def test_a_stopped_agent_is_disconnected_and_comes_back(lab: Lab) -> None:
    ecs = lab.client("ecs")
    (new,) = lab.add_instances(count=1)

    def instance() -> dict[str, object]:
        arns = ecs.list_container_instances()["containerInstanceArns"]
        rows = ecs.describe_container_instances(containerInstances=arns)["containerInstances"]
        return next((row for row in rows if row["ec2InstanceId"] == new), {})

    assert lab.until(lambda: instance().get("agentConnected"))
    lab.stop_agent(instance())
    assert lab.until(lambda: instance()["agentConnected"] is False)
    lab.start_agent(new)
    assert lab.until(lambda: instance()["agentConnected"])


def test_boto3s_own_waiters_move_virtual_time_instead_of_sleeping(lab: Lab) -> None:
    ecs = lab.client("ecs")
    slow = {"name": "slow", "image": "ecslab/web:1", "memory": 64, "dockerLabels": {"sim.start_delay": "40"}}
    ecs.register_task_definition(family="slow", containerDefinitions=[slow])
    before, began = lab.time.seconds(), real_monotonic()
    task = ecs.run_task(taskDefinition="slow")["tasks"][0]["taskArn"]
    ecs.get_waiter("tasks_running").wait(tasks=[task])
    assert lab.time.seconds() - before >= 40
    assert real_monotonic() - began < 20


def test_a_waiter_that_waits_in_vain_makes_all_its_looks_and_fails_as_boto3_does(web: Lab) -> None:
    from botocore.exceptions import WaiterError

    ecs, before = web.client("ecs"), web.time.seconds()
    arns = ecs.list_tasks()["taskArns"]
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        ecs.get_waiter("tasks_stopped").wait(tasks=arns, WaiterConfig={"Delay": 100, "MaxAttempts": 3})
    assert 200 <= web.time.seconds() - before < 300
    with pytest.raises(WaiterError, match="terminal failure"):
        ecs.get_waiter("tasks_running").wait(tasks=[arns[0][:-4] + "0000"])


def test_a_client_made_elsewhere_waits_as_it_always_did(lab: Lab) -> None:
    lab.client("ecs")
    other = boto3.client(
        "ecs", "us-east-1", endpoint_url=lab.endpoint, aws_access_key_id="x", aws_secret_access_key="y"
    )
    assert "VirtualWaits" not in [kind.__name__ for kind in type(other).__mro__]


def test_waiting_in_vain_says_how_things_stood(web: Lab) -> None:
    with pytest.raises(LabError, match=r"within 5 seconds; it last gave \[\]\. Services now: web runs 2 of 2"):
        web.until(list, timeout=5)
    with pytest.raises(LabError, match="no waiter 'task_running'") as caught:
        web.wait("task_running", tasks=[])
    assert "tasks_running" in caught.value.hint
    arns = web.client("ecs").list_tasks()["taskArns"]
    with pytest.raises(LabError, match="Max attempts"):
        web.wait("tasks_stopped", tasks=arns, WaiterConfig={"MaxAttempts": 2})


def test_time_is_moved_and_slept_by_hand(lab: Lab) -> None:
    before = lab.time.now()
    assert (lab.time.advance(minutes=2, seconds=1) - before).total_seconds() == 121
    lab.time.sleep(9)
    assert (lab.time.now() - before).total_seconds() == 130
    with pytest.raises(EcslabError, match="backwards"):
        lab.time.advance(seconds=-1)


def test_an_exercise_is_checked_scored_and_hinted_at(web: Lab) -> None:
    report = web.check("4.1")
    assert isinstance(report, Report)
    assert report.outcome in ("partial", "incorrect")
    assert not report
    assert web.score("4.1") == report.score
    hints = [web.hint("4.1") for _ in range(9)]
    assert [hint.step for hint in hints[:3]] == [0, 1, 2]
    assert hints[-1] == hints[-2]
    assert web.hint("4.1", step=0) == hints[0]
    assert "create_service" in web.solution("4.1").text
    web.client("ecs").update_service(cluster="default", service="web", desiredCount=3)
    web.wait("services_stable", cluster="default", services=["web"])
    assert web.check("4.1")
    assert web.score("4.1") == web.check("4.1").points


def test_an_answer_is_handed_in_whatever_it_is_made_of(lab: Lab) -> None:
    lab.answer("4.3", {"when": lab.time.now(), "tuple": (1, 2)})
    assert "is not 2026-01-01" in repr(lab.check("4.3"))
    assert "is not [1, 2]" in repr(lab.check("4.3"))
    lab.answer("4.3", {70, 60})
    assert "The lower bound is not 60" in repr(lab.check("4.3"))


def test_errors_of_the_server_are_raised_as_their_class_in_two_lines(lab: Lab) -> None:
    with pytest.raises(InvalidParameterException, match="no task 'nope'") as caught:
        lab.logs("nope")
    (line,) = caught.value._render_traceback_()  # type: ignore[attr-defined]
    assert line.startswith("InvalidParameterException: There is no task 'nope'")
    with pytest.raises(LabError) as unknown:
        lab.check("99.9")
    assert unknown.value.hint
    with pytest.raises(LabError, match="is not a task"):
        lab.why(7)


def test_a_stopped_task_has_no_address(web: Lab) -> None:
    ecs = web.client("ecs")
    task = ecs.list_tasks()["taskArns"][0]
    ecs.stop_task(task=task)
    web.wait("tasks_stopped", tasks=[task])
    with pytest.raises(LabError, match="no port that can be reached") as caught:
        web.url(task)
    assert "RUNNING" in caught.value.hint
    with pytest.raises((LabError, TaskError), match="reached"):
        web.curl(task)
