"""Claims about daemons of Managed Instances, over HTTP on a served simulated lab: one task on every instance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecslab.control.why import why
from ecslab.scheduler.daemons import Host, Wanted, steps
from tests.server.conftest import Served
from tests.server.test_capacity import refused
from tests.server.test_managed_instances import MANAGED, own, provider, run, serve_web

AGENT = {"name": "agent", "image": "ecslab/web:1", "memory": 64, "cpu": 64, "essential": True}


def definition(served: Served, family: str = "agent", **more: Any) -> str:
    container = {**AGENT, **more.pop("container", {})}
    answer = served.ecs.register_daemon_task_definition(family=family, containerDefinitions=[container], **more)
    return str(answer["daemonTaskDefinitionArn"])


def arn_of(served: Served, name: str = "mi") -> str:
    return str(served.lab.backend.capacity_providers[name].capacity_provider_arn)


def daemon(served: Served, name: str = "watch", **more: Any) -> str:
    given = {"daemonTaskDefinitionArn": more.pop("definition", None) or definition(served), **more}
    answer = served.ecs.create_daemon(daemonName=name, capacityProviderArns=[arn_of(served)], **given)
    return str(answer["daemonArn"])


def tasks(served: Served, name: str = "watch") -> list[Any]:
    alive = (t for t in served.lab.backend.store.all_tasks() if t.last_status != "STOPPED")
    return [t for t in alive if t.daemon_name == name]


def deployment(served: Served, arn: str) -> dict[str, Any]:
    newest = served.ecs.list_daemon_deployments(daemonArn=arn)["daemonDeployments"][0]["daemonDeploymentArn"]
    found = served.ecs.describe_daemon_deployments(daemonDeploymentArns=[newest])["daemonDeployments"]
    return dict(found[0])


def settled(served: Served, name: str = "watch") -> bool:
    """Every instance of the provider has one RUNNING daemon task and is ACTIVE."""
    places = sorted(t.container_instance_arn for t in tasks(served, name) if t.last_status == "RUNNING")
    ready = all(i.status == "ACTIVE" for i in own(served))
    return ready and places == sorted(i.arn for i in own(served))


def web(served: Served, count: int) -> None:
    served.register(**{**MANAGED, "networkMode": "host"}, container={"portMappings": []})
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=count,
        capacityProviderStrategy=[{"capacityProvider": "mi", "weight": 1}],
        placementConstraints=[{"type": "distinctInstance"}],
    )  # fmt: skip
    served.until(lambda: served.running("web") == count, limit=120)


def test_a_daemon_launches_no_instance_and_runs_before_every_other_task(served: Served) -> None:
    provider(served)
    arn = daemon(served)
    served.lab.timeline.advance(120)
    assert (own(served), tasks(served)) == ([], [])
    assert deployment(served, arn)["status"] == "SUCCESSFUL"
    served.register(**MANAGED)
    [task] = run(served)
    served.until(lambda: bool(own(served)))
    assert own(served)[0].status in ("REGISTERING", "ACTIVE")
    served.until(lambda: served.task(task).last_status == "RUNNING")
    [mine] = tasks(served)
    assert mine.started_at < served.task(task).started_at
    assert mine.container_instance_arn == served.task(task).container_instance_arn
    said = [e.data["status"] for e in served.lab.journal.read(kind="instance.status", subject=own(served)[0].arn)]
    assert said == ["REGISTERING", "ACTIVE"]
    assert served.ecs.list_tasks(daemonName="watch")["taskArns"] == [mine.task_arn]
    shown = served.ecs.describe_daemon(daemonArn=arn)["daemon"]
    assert shown["currentRevisions"][0]["totalRunningCount"] == 1
    assert "one task on every instance" in " ".join(why(served.lab.backend, mine.task_arn).sentences)


def test_an_instance_with_nothing_but_its_daemon_is_idle(served: Served) -> None:
    provider(served, infrastructureOptimization={"scaleInAfter": 60})
    daemon(served)
    served.register(**MANAGED)
    [task] = run(served)
    served.until(lambda: served.task(task).last_status == "RUNNING")
    served.ecs.stop_task(task=task)
    served.until(lambda: not own(served), limit=120)
    served.lab.timeline.advance(30)
    assert tasks(served) == []


def test_what_a_daemon_takes_is_left_free_on_new_instances(served: Served) -> None:
    provider(served)
    big = definition(served, container={"cpu": 1900, "memory": 512})
    daemon(served, definition=big)
    served.register(**MANAGED)
    [task] = run(served)
    served.until(lambda: served.task(task).last_status == "RUNNING")
    assert own(served)[0].cpu >= 4096
    assert len(served.lab.journal.read(kind="capacity.launched")) == 1


def test_instances_that_were_there_first_are_replaced_by_some_with_the_daemon(served: Served) -> None:
    provider(served)
    web(served, 3)
    before = {i.arn for i in own(served)}
    arn = daemon(served, deploymentConfiguration={"drainPercent": 34.0})
    served.lab.timeline.advance(1)
    assert deployment(served, arn)["status"] == "IN_PROGRESS"
    served.until(lambda: deployment(served, arn)["status"] == "SUCCESSFUL", limit=900)
    assert before & {i.arn for i in own(served)} == set()
    assert settled(served)
    assert served.running("web") == 3


def test_an_update_replaces_the_instances_within_the_drain_percentage(served: Served) -> None:
    provider(served)
    arn = daemon(served, deploymentConfiguration={"drainPercent": 25.0})
    web(served, 4)
    served.until(lambda: settled(served))
    answer = served.ecs.update_daemon(
        daemonArn=arn, daemonTaskDefinitionArn=definition(served), capacityProviderArns=[arn_of(served)]
    )
    most = 0
    for _ in range(2000):
        served.lab.timeline.advance(0.5)
        most = max(most, sum(i.status == "DRAINING" for i in own(served)))
        if deployment(served, arn)["status"] == "SUCCESSFUL":
            break
    shown = deployment(served, arn)
    assert shown["daemonDeploymentArn"] == answer["deploymentArn"]
    assert (shown["status"], most) == ("SUCCESSFUL", 1)
    assert shown["targetDaemonRevision"]["totalRunningInstanceCount"] == len(own(served)) == 4
    assert settled(served)
    assert {t.task_definition_arn.rsplit(":", 1)[-1] for t in tasks(served)} == {"2"}


def test_a_deleted_daemon_goes_with_the_instances_it_ran_on(served: Served) -> None:
    provider(served)
    arn = daemon(served)
    web(served, 2)
    served.until(lambda: settled(served))
    said = refused(served.ecs.delete_capacity_provider, capacityProvider="mi", cluster="default")
    assert "ResourceInUseException" in said
    before = {i.arn for i in own(served)}
    assert served.ecs.delete_daemon(daemonArn=arn)["status"] == "DELETE_IN_PROGRESS"
    assert "DaemonNotActiveException" in refused(served.ecs.delete_daemon, daemonArn=arn)
    served.until(lambda: not served.ecs.list_daemons()["daemonSummariesList"], limit=900)
    assert "DaemonNotFoundException" in refused(served.ecs.describe_daemon, daemonArn=arn)
    served.until(lambda: served.running("web") == 2 and not tasks(served), limit=120)
    assert before & {i.arn for i in own(served)} == set()


def test_an_instance_whose_critical_daemon_stops_is_replaced(served: Served) -> None:
    provider(served)
    daemon(served)
    web(served, 1)
    served.until(lambda: settled(served))
    [first] = own(served)
    served.ecs.stop_task(task=tasks(served)[0].task_arn)
    served.until(lambda: first.arn not in {i.arn for i in own(served)} and settled(served), limit=300)
    served.until(lambda: served.running("web") == 1)
    told = " ".join(why(served.lab.backend, first.arn).sentences)
    assert "daemon watch has failed" in told


def test_an_instance_whose_daemon_is_not_critical_stays(served: Served) -> None:
    provider(served)
    arn = daemon(served, critical=False)
    web(served, 1)
    served.until(lambda: settled(served))
    [first] = own(served)
    served.ecs.stop_task(task=tasks(served)[0].task_arn)
    served.lab.timeline.advance(120)
    assert [i.arn for i in own(served)] == [first.arn]
    [revision] = served.ecs.describe_daemon(daemonArn=arn)["daemon"]["currentRevisions"]
    assert (revision["totalRunningCount"], revision["totalWithoutDaemonCount"]) == (0, 1)


def test_a_revision_that_fails_is_rolled_back(served: Served) -> None:
    provider(served)
    good = definition(served)
    arn = daemon(served, definition=good)
    web(served, 3)
    served.until(lambda: settled(served))
    first = served.ecs.describe_daemon(daemonArn=arn)["daemon"]["currentRevisions"][0]["arn"]
    bad = definition(served, container={"command": ["sh", "-c", "exit 1"]})
    served.ecs.update_daemon(daemonArn=arn, daemonTaskDefinitionArn=bad, capacityProviderArns=[arn_of(served)])
    served.until(lambda: deployment(served, arn)["status"] == "ROLLBACK_SUCCESSFUL", limit=2000)
    shown = deployment(served, arn)
    assert shown["circuitBreaker"]["status"] == "TRIGGERED"
    assert shown["rollback"]["rollbackTargetDaemonRevisionArn"] == first
    served.until(lambda: settled(served) and served.running("web") == 3, limit=300)
    assert {t.task_definition_arn for t in tasks(served)} == {good}


def test_an_alarm_rolls_a_deployment_back_while_it_bakes(served: Served) -> None:
    provider(served)
    arn = daemon(served)
    watched = {"alarms": {"alarmNames": ["bad"], "enable": True}, "bakeTimeInMinutes": 5}
    served.ecs.update_daemon(
        daemonArn=arn, daemonTaskDefinitionArn=definition(served), capacityProviderArns=[arn_of(served)],
        deploymentConfiguration=watched,
    )  # fmt: skip
    served.lab.timeline.advance(60)
    assert deployment(served, arn)["status"] == "IN_PROGRESS"
    served.client("cloudwatch").put_metric_alarm(
        AlarmName="bad", Namespace="x", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="breaching",
    )  # fmt: skip
    served.until(lambda: deployment(served, arn)["status"] == "ROLLBACK_SUCCESSFUL", limit=200)
    assert deployment(served, arn)["alarms"]["triggeredAlarmNames"] == ["bad"]


def test_a_new_deployment_stops_the_one_under_way(served: Served) -> None:
    provider(served)
    arn = daemon(served, deploymentConfiguration={"bakeTimeInMinutes": 60})
    served.lab.timeline.advance(5)
    given = {"daemonTaskDefinitionArn": definition(served), "capacityProviderArns": [arn_of(served)]}
    served.ecs.update_daemon(daemonArn=arn, deploymentConfiguration={}, **given)
    served.lab.timeline.advance(5)
    found = served.ecs.list_daemon_deployments(daemonArn=arn)["daemonDeployments"]
    assert [d["status"] for d in found] == ["SUCCESSFUL", "STOPPED"]
    only = served.ecs.list_daemon_deployments(daemonArn=arn, status=["STOPPED"])["daemonDeployments"]
    assert [d["status"] for d in only] == ["STOPPED"]
    page = served.ecs.list_daemon_deployments(daemonArn=arn, maxResults=1)
    rest = served.ecs.list_daemon_deployments(daemonArn=arn, maxResults=1, nextToken=page["nextToken"])
    assert [d["status"] for d in rest["daemonDeployments"]] == ["STOPPED"]


def test_definitions_are_registered_listed_and_deleted(served: Served) -> None:
    provider(served)
    first, second = definition(served), definition(served, tags=[{"key": "k", "value": "v"}])
    other = definition(served, "other")
    call = served.ecs.list_daemon_task_definitions
    assert [d["arn"] for d in call()["daemonTaskDefinitions"]] == [first, second, other]
    assert [d["arn"] for d in call(familyPrefix="oth")["daemonTaskDefinitions"]] == [other]
    last = call(family="agent", revision="LAST_REGISTERED", sort="DESC")["daemonTaskDefinitions"]
    assert [d["arn"] for d in last] == [second]
    shown = served.ecs.describe_daemon_task_definition(daemonTaskDefinition="agent")["daemonTaskDefinition"]
    assert (shown["daemonTaskDefinitionArn"], shown["revision"], shown["status"]) == (second, 2, "ACTIVE")
    assert shown["containerDefinitions"][0]["name"] == "agent"
    assert served.ecs.list_tags_for_resource(resourceArn=second)["tags"] == [{"key": "k", "value": "v"}]
    daemon(served, definition=second)
    assert served.ecs.delete_daemon_task_definition(daemonTaskDefinition="agent:2")["daemonTaskDefinitionArn"] == second
    served.ecs.delete_daemon_task_definition(daemonTaskDefinition=first)
    statuses = {d["arn"]: d["status"] for d in call(status="ALL")["daemonTaskDefinitions"]}
    assert statuses == {first: "DELETED", second: "DELETE_IN_PROGRESS", other: "ACTIVE"}
    said = refused(served.ecs.delete_daemon_task_definition, daemonTaskDefinition="agent:1")
    assert "is deleted" in said
    assert "not found" in refused(served.ecs.describe_daemon_task_definition, daemonTaskDefinition="ghost")


def test_daemons_are_tagged_and_their_tasks_too_where_asked(served: Served) -> None:
    provider(served)
    arn = daemon(
        served, propagateTags="DAEMON", enableECSManagedTags=True, tags=[{"key": "team", "value": "a"}]
    )  # fmt: skip
    served.ecs.tag_resource(resourceArn=arn, tags=[{"key": "more", "value": "b"}])
    keys = {t["key"] for t in served.ecs.list_tags_for_resource(resourceArn=arn)["tags"]}
    assert keys == {"team", "more"}
    served.register(**MANAGED)
    run(served)
    served.until(lambda: bool(tasks(served)), limit=60)
    assert {t["key"] for t in tasks(served)[0].tags} == {"team", "more", "aws:ecs:clusterName"}


def test_the_same_creation_with_the_same_token_is_done_once(served: Served) -> None:
    provider(served)
    given = {
        "daemonName": "watch",
        "daemonTaskDefinitionArn": definition(served),
        "capacityProviderArns": [arn_of(served)],
        "clientToken": "once",
    }
    first, second = served.ecs.create_daemon(**given), served.ecs.create_daemon(**given)
    assert first["deploymentArn"] == second["deploymentArn"]
    assert "not idempotent" in refused(served.ecs.create_daemon, **{**given, "critical": False})
    assert "update it" in refused(served.ecs.create_daemon, **{**given, "clientToken": "two"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"daemonName": "a b"}, "Invalid daemon name"),
        ({"clusterArn": "ghost"}, "ClusterNotFoundException"),
        ({"capacityProviderArns": []}, "cannot be empty"),
        ({"capacityProviderArns": ["ghost"]}, "'ghost' was not found"),
        ({"capacityProviderArns": ["FARGATE"]}, "'FARGATE' was not found"),
        ({"daemonTaskDefinitionArn": "ghost"}, "not found"),
        ({"deploymentConfiguration": {"drainPercent": 101.0}}, "drainPercent"),
        ({"deploymentConfiguration": {"bakeTimeInMinutes": -1}}, "bakeTimeInMinutes"),
        ({"clientToken": "x" * 37}, "clientToken"),
    ],
)
def test_a_daemon_that_cannot_be_is_refused(served: Served, change: dict[str, Any], words: str) -> None:
    provider(served)
    given = {"daemonName": "watch", "daemonTaskDefinitionArn": definition(served), "capacityProviderArns": ["mi"]}
    assert words in refused(served.ecs.create_daemon, **{**given, **change})


def test_what_is_not_there_is_missing(served: Served) -> None:
    answer = served.ecs.describe_daemon_revisions(daemonRevisionArns=["arn:x"])
    assert answer["failures"] == [{"arn": "arn:x", "reason": "MISSING"}]
    answer = served.ecs.describe_daemon_deployments(daemonDeploymentArns=["arn:x"])
    assert answer["failures"] == [{"arn": "arn:x", "reason": "MISSING"}]


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(counts=st.lists(st.integers(0, 5), min_size=2, max_size=5), waits=st.lists(st.integers(1, 90), min_size=5))
def test_whatever_the_scaling_there_is_one_daemon_task_per_instance(
    served: Served, counts: list[int], waits: list[int]
) -> None:
    served.lab.reset()
    provider(served, infrastructureOptimization={"scaleInAfter": 30})
    arn = daemon(served, deploymentConfiguration={"drainPercent": 50.0})
    web(served, 1)
    for number, count in enumerate(counts):
        served.ecs.update_service(service="web", desiredCount=count)
        if number == 1:
            served.ecs.update_daemon(
                daemonArn=arn, daemonTaskDefinitionArn=definition(served), capacityProviderArns=[arn_of(served)]
            )
        served.lab.timeline.advance(waits[number])
        places = [t.container_instance_arn for t in tasks(served)]
        assert len(places) == len(set(places))
    served.until(lambda: settled(served) and deployment(served, arn)["status"] == "SUCCESSFUL", limit=1500)
    assert served.running("web") == counts[-1]


HOSTS = st.builds(
    Host,
    arn=st.uuids().map(str),
    revision=st.sampled_from(["", "a", "b"]),
    registered_at=st.floats(0, 100),
    draining=st.booleans(),
    ready=st.booleans(),
    alive=st.booleans(),
    running=st.booleans(),
    sick=st.booleans(),
    provided=st.booleans(),
)
WANTED = st.builds(
    Wanted,
    revision=st.sampled_from(["a", "b"]),
    since=st.floats(0, 100),
    drain_percent=st.floats(1, 100),
    critical=st.booleans(),
)


@given(hosts=st.lists(HOSTS, max_size=12), wanted=WANTED)
def test_no_deployment_drains_more_than_its_percentage(hosts: list[Host], wanted: Wanted) -> None:
    todo = steps(hosts, wanted)
    assert len(todo.replace) <= max(1, -(-len(hosts) * wanted.drain_percent // 100))
    assert set(todo.start) & {h.arn for h in hosts if h.revision or h.draining} == set()
    assert not (todo.settled and (todo.start or todo.replace or todo.repair))
    assert set(todo.replace) & set(todo.start) == set()


def test_a_service_of_managed_instances_works_beside_a_daemon(served: Served) -> None:
    provider(served)
    daemon(served)
    served.register(**MANAGED)
    serve_web(served, 4)
    served.until(lambda: served.running("web") == 4 and settled(served), limit=120)
    described = served.ecs.describe_daemon(daemonArn=served.ecs.list_daemons()["daemonSummariesList"][0]["daemonArn"])
    revision = described["daemon"]["currentRevisions"][0]["arn"]
    shown = served.ecs.describe_daemon_revisions(daemonRevisionArns=[revision])["daemonRevisions"][0]
    assert (shown["critical"], shown["containerImages"][0]["image"]) == (True, "ecslab/web:1")
    assert served.ecs.list_daemons(capacityProviderArns=["ghost"])["daemonSummariesList"] == []
