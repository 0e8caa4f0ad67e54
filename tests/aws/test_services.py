"""Services, clusters, definitions and instances through the API, with the service loop driven by hand."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.control.services import count_start, reconcile
from ecslab.scheduler.services import CONSISTENTLY, THROTTLE_AFTER
from tests.aws.conftest import Api
from tests.aws.test_tasks import refused


def loop(api: Api, name: str = "web") -> None:
    """One look of the service loop."""
    reconcile(api.backend, api.backend.store.service("default", name))


def service(api: Api, **more: Any) -> Any:
    api.instance()
    api.register()
    given = {"serviceName": "web", "taskDefinition": "web", "desiredCount": 2, **more}
    if given["desiredCount"] is None:
        del given["desiredCount"]
    return api.ecs.create_service(**given)["service"]


def shown(api: Api, name: str = "web") -> Any:
    return api.ecs.describe_services(services=[name])["services"][0]


def run_all(api: Api) -> None:
    for arn in api.ecs.list_tasks()["taskArns"]:
        if api.task(arn)["lastStatus"] == "PENDING":
            api.report(arn, "RUNNING")


def test_create_service_starts_nothing_by_itself(api: Api) -> None:
    made = service(api)
    assert (made["status"], made["desiredCount"], made["runningCount"]) == ("ACTIVE", 2, 0)
    assert made["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert api.ecs.list_tasks()["taskArns"] == []


def test_the_loop_starts_the_tasks_and_says_so_and_then_is_steady(api: Api) -> None:
    service(api)
    loop(api)
    assert (shown(api)["pendingCount"], shown(api)["runningCount"]) == (2, 0)
    assert "has started 2 tasks: (task " in shown(api)["events"][0]["message"]
    run_all(api)
    loop(api)
    assert shown(api)["events"][0]["message"] == "(service web) has reached a steady state."
    loop(api)
    assert len(shown(api)["events"]) == 2


def test_the_first_deployment_completes_after_forty_seconds(api: Api) -> None:
    service(api)
    loop(api)
    run_all(api)
    loop(api)
    assert shown(api)["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    api.timeline.advance(40)
    loop(api)
    assert shown(api)["deployments"][0]["rolloutState"] == "COMPLETED"


def test_tasks_of_a_service_carry_its_name_and_deployment(api: Api) -> None:
    made = service(api)
    loop(api)
    task = api.task(api.ecs.list_tasks(serviceName="web")["taskArns"][0])
    assert (task["group"], task["startedBy"]) == ("service:web", made["deployments"][0]["id"])


def test_a_new_definition_makes_a_second_deployment(api: Api) -> None:
    service(api)
    loop(api)
    run_all(api)
    api.timeline.advance(50)
    loop(api)
    second = api.register()
    updated = api.ecs.update_service(service="web", taskDefinition=second)["service"]
    assert [d["status"] for d in updated["deployments"]] == ["PRIMARY", "ACTIVE"]
    loop(api)
    states = [(d["status"], d["runningCount"], d["pendingCount"]) for d in shown(api)["deployments"]]
    assert states == [("PRIMARY", 0, 2), ("ACTIVE", 2, 0)]


def test_the_same_place_cannot_be_found_twice_in_a_row_in_the_events(api: Api) -> None:
    service(api, desiredCount=1, taskDefinition=api.register("big", container={"memory": 9000}))
    for _ in range(3):
        loop(api)
        api.timeline.advance(20)
    messages = [e["message"] for e in shown(api)["events"]]
    assert len(messages) == 1
    assert "was unable to place a task because no container instance met all of its requirements." in messages[0]
    assert "insufficient memory available" in messages[0]


def test_starts_that_fail_in_a_row_are_throttled_and_said(api: Api) -> None:
    service(api, desiredCount=1)
    for _ in range(THROTTLE_AFTER):
        loop(api)
        arn = api.ecs.list_tasks()["taskArns"][0]
        api.report(arn, "STOPPED", reason="CannotPullContainerError: no such image")
        count_start(api.backend, api.backend.store.task(arn))
    assert shown(api)["events"][0]["message"] == f"(service web) {CONSISTENTLY}"
    assert shown(api)["deployments"][0]["failedTasks"] == THROTTLE_AFTER
    loop(api)
    assert api.ecs.list_tasks()["taskArns"] == []
    api.timeline.advance(10)
    loop(api)
    assert len(api.ecs.list_tasks()["taskArns"]) == 1


def test_a_task_that_ran_and_exited_is_replaced_without_a_pause(api: Api) -> None:
    service(api, desiredCount=1)
    for _ in range(THROTTLE_AFTER + 2):
        loop(api)
        arn = api.ecs.list_tasks()["taskArns"][0]
        api.report(arn, "RUNNING")
        api.report(arn, "STOPPED")
        count_start(api.backend, api.backend.store.task(arn))
    loop(api)
    assert len(api.ecs.list_tasks()["taskArns"]) == 1


def test_a_daemon_has_one_task_on_every_instance(api: Api) -> None:
    service(api, schedulingStrategy="DAEMON", desiredCount=None)
    loop(api)
    assert len(api.ecs.list_tasks()["taskArns"]) == 1
    api.instance("i-2")
    loop(api)
    tasks = [api.task(a) for a in api.ecs.list_tasks()["taskArns"]]
    assert len({t["containerInstanceArn"] for t in tasks}) == 2
    assert shown(api)["desiredCount"] == 2


def test_draining_an_instance_moves_service_tasks_and_leaves_standalone_ones(api: Api) -> None:
    service(api, desiredCount=1)
    loop(api)
    run_all(api)
    moved = api.ecs.list_tasks()["taskArns"][0]
    alone = api.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    api.report(alone, "RUNNING")
    api.instance("i-2")
    api.ecs.update_container_instances_state(
        containerInstances=[api.task(moved)["containerInstanceArn"]], status="DRAINING"
    )
    for _ in range(3):
        loop(api)
        run_all(api)
        api.timeline.advance(50)
    assert api.task(moved)["desiredStatus"] == "STOPPED"
    assert api.task(alone)["desiredStatus"] == "RUNNING"
    assert shown(api)["runningCount"] == 2


def test_a_service_above_zero_is_deleted_only_by_force(api: Api) -> None:
    service(api)
    assert refused(api.ecs.delete_service, service="web")[0] == "InvalidParameterException"
    assert api.ecs.delete_service(service="web", force=True)["service"]["status"] == "DRAINING"
    loop(api)
    assert shown(api)["status"] == "INACTIVE"
    assert api.ecs.list_services()["serviceArns"] == []
    assert refused(api.ecs.update_service, service="web", desiredCount=1)[0] == "ServiceNotActiveException"


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"schedulingStrategy": "DAEMON"}, "desired count cannot be set"),
        ({"desiredCount": None}, "desiredCount is required"),
        ({"deploymentConfiguration": {"minimumHealthyPercent": 150, "maximumPercent": 100}}, "do not go together"),
        (
            {"loadBalancers": [{"containerName": "web", "containerPort": 80, "targetGroupArn": "arn:x"}]},
            "The target group arn:x does not exist",
        ),
        ({"serviceName": "bad name!"}, "Invalid service name"),
        ({"deploymentController": {"type": "EXTERNAL"}}, "EXTERNAL"),
    ],
)
def test_a_wrong_service_is_refused_and_nothing_is_written_down(api: Api, request_: Any, says: str) -> None:
    api.instance()
    api.register()
    given = {"serviceName": "web", "taskDefinition": "web", "desiredCount": 2, **request_}
    code, message = refused(api.ecs.create_service, **{k: v for k, v in given.items() if v is not None})
    assert code == "InvalidParameterException"
    assert says in message
    assert api.ecs.list_services()["serviceArns"] == []


def test_a_second_service_of_the_same_name_is_refused(api: Api) -> None:
    service(api)
    code, message = refused(api.ecs.create_service, serviceName="web", taskDefinition="web", desiredCount=1)
    assert (code, message.split(".")[0]) == ("InvalidParameterException", "Creation of service was not idempotent")


def test_revisions_count_up_and_a_deregistered_one_starts_nothing(api: Api) -> None:
    api.instance()
    first, second = api.register(), api.register()
    assert (first.rsplit(":", 1)[-1], second.rsplit(":", 1)[-1]) == ("1", "2")
    api.ecs.deregister_task_definition(taskDefinition="web:2")
    assert api.ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"] == 1
    assert api.ecs.describe_task_definition(taskDefinition="web:2")["taskDefinition"]["status"] == "INACTIVE"
    assert refused(api.ecs.run_task, taskDefinition="web:2")[0] == "ClientException"
    assert api.ecs.list_task_definitions()["taskDefinitionArns"] == [first]
    assert api.ecs.delete_task_definitions(taskDefinitions=["web:2"])["failures"] == []
    assert api.register().endswith(":3")


def test_a_cluster_is_deleted_only_when_it_is_empty(api: Api) -> None:
    arn = api.instance()
    api.register()
    assert refused(api.ecs.delete_cluster, cluster="default")[0] == "ClusterContainsContainerInstancesException"
    task = api.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    assert refused(api.ecs.deregister_container_instance, containerInstance=arn)[0] == "InvalidParameterException"
    api.ecs.deregister_container_instance(containerInstance=arn, force=True)
    assert api.task(task)["lastStatus"] == "STOPPED"
    api.ecs.delete_cluster(cluster="default")
    assert refused(api.ecs.run_task, taskDefinition="web")[0] == "ClusterNotFoundException"
    assert api.ecs.describe_clusters(clusters=["default"])["clusters"][0]["status"] == "INACTIVE"


def test_an_agent_that_goes_away_leaves_its_tasks_as_they_are(api: Api) -> None:
    arn = api.instance()
    api.register()
    task = api.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    api.report(task, "RUNNING")
    api.backend.set_connected(api.backend.store.instance(arn), False)
    seen = api.ecs.describe_container_instances(containerInstances=[arn])["containerInstances"][0]
    assert (seen["agentConnected"], seen["runningTasksCount"]) == (False, 1)
    assert api.task(task)["lastStatus"] == "RUNNING"


def test_clusters_are_listed_page_by_page_and_created_once(api: Api) -> None:
    again = api.ecs.create_cluster(clusterName="default")["cluster"]
    api.ecs.create_cluster(clusterName="second")
    first = api.ecs.list_clusters(maxResults=1)
    rest = api.ecs.list_clusters(maxResults=1, nextToken=first["nextToken"])
    assert [*first["clusterArns"], *rest["clusterArns"]] == [
        again["clusterArn"],
        again["clusterArn"].replace("default", "second"),
    ]
    assert refused(api.ecs.create_cluster, clusterName="no spaces")[0] == "InvalidParameterException"


def test_an_agent_is_answered_where_to_poll_and_that_it_was_heard(api: Api) -> None:
    assert api.ecs.discover_poll_endpoint()["endpoint"].startswith("https://")
    answer = api.ecs.submit_attachment_state_changes(attachments=[])
    assert answer["acknowledgment"] == "ACK"


def test_families_are_listed_by_status(api: Api) -> None:
    api.register("one")
    api.register("two")
    api.ecs.deregister_task_definition(taskDefinition="two:1")
    assert api.ecs.list_task_definition_families()["families"] == ["one"]
    assert api.ecs.list_task_definition_families(status="INACTIVE")["families"] == ["two"]
    assert api.ecs.list_task_definition_families(status="ALL", familyPrefix="t")["families"] == ["two"]
