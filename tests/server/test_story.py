"""The whole lab on the simulated runtime and virtual time: what a learner does, and what then happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecslab.model.status import TaskStatus
from tests.server.conftest import Served

LIFE = ["PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "STOPPED"]
FARGATE_LIFE = ["PROVISIONING", *LIFE[:-1], "DEPROVISIONING", "STOPPED"]


def life(served: Served, arn: str) -> list[str]:
    return [e.data["to"] for e in served.lab.journal.read(kind="task.status", subject=arn)]


def network(served: Served) -> dict[str, dict[str, list[str]]]:
    subnets = [s["SubnetId"] for s in served.client("ec2").describe_subnets()["Subnets"]]
    return {"awsvpcConfiguration": {"subnets": subnets[:1]}}


def test_a_lab_begins_with_a_cluster_and_two_instances(served: Served) -> None:
    cluster = served.ecs.describe_clusters()["clusters"][0]
    assert (cluster["clusterName"], cluster["registeredContainerInstancesCount"]) == ("default", 2)
    arns = served.ecs.list_container_instances()["containerInstanceArns"]
    for shown in served.ecs.describe_container_instances(containerInstances=arns)["containerInstances"]:
        resources = {r["name"]: r.get("integerValue") for r in shown["registeredResources"]}
        assert shown["agentConnected"]
        assert (resources["CPU"], resources["MEMORY"]) == (2048, 7985)


def test_a_task_lives_and_is_stopped(served: Served) -> None:
    served.register()
    arn = served.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status is TaskStatus.RUNNING)
    served.ecs.stop_task(task=arn, reason="enough")
    served.until(lambda: served.task(arn).last_status is TaskStatus.STOPPED)
    assert life(served, arn) == LIFE
    shown = served.ecs.describe_tasks(tasks=[arn])["tasks"][0]
    assert (shown["stopCode"], shown["stoppedReason"]) == ("UserInitiated", "enough")
    assert shown["containers"][0]["exitCode"] == 0


def test_a_fargate_task_passes_through_every_state(served: Served) -> None:
    served.register("far", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512")
    arn = served.ecs.run_task(taskDefinition="far", launchType="FARGATE", networkConfiguration=network(served))[
        "tasks"
    ][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status is TaskStatus.RUNNING)
    answer = served.api.handle("POST", "curl", {"task": arn})
    assert answer["status"] == 200
    assert served.task(arn).eni.private_ip in answer["url"]
    served.ecs.stop_task(task=arn)
    served.until(lambda: served.task(arn).last_status is TaskStatus.STOPPED)
    assert life(served, arn) == FARGATE_LIFE


def test_a_service_heals_itself_and_says_when_it_is_steady(served: Served) -> None:
    served.register()
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=3)
    served.until(lambda: served.running("web") == 3)
    victim = served.tasks("web")[0]
    assert served.api.handle("POST", "faults", {"task": victim.task_id})["killed"] == ["web"]
    served.until(lambda: served.task(victim.task_arn).last_status is TaskStatus.STOPPED)
    served.until(lambda: served.running("web") == 3)
    assert victim.task_arn not in {t.task_arn for t in served.tasks("web")}
    assert served.task(victim.task_arn).containers[0].exit_code == 137
    assert served.task(victim.task_arn).stop_code == "EssentialContainerExited"
    served.until(lambda: len(steady(served)) == 2)


def steady(served: Served) -> list[str]:
    events = served.ecs.describe_services(services=["web"])["services"][0]["events"]
    return [e["message"] for e in events if e["message"] == "(service web) has reached a steady state."]


def test_a_rolling_update_replaces_every_task_within_its_bounds(served: Served) -> None:
    served.register()
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=4)
    served.until(lambda: served.running("web") == 4)
    served.lab.timeline.advance(60)
    second = served.register(container={"image": "ecslab/web:2"})
    served.ecs.update_service(
        service="web",
        taskDefinition=second,
        deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 125},
    )
    seen: set[int] = set()

    def done() -> bool:
        seen.add(served.running("web"))
        tasks = served.tasks("web")
        assert len(tasks) <= 5
        return len(tasks) == 4 and all(t.task_definition_arn == second for t in tasks)

    served.until(done, limit=600)
    served.until(lambda: served.running("web") == 4, limit=60)
    assert min(seen) >= 2
    served.lab.timeline.advance(60)
    deployments = served.ecs.describe_services(services=["web"])["services"][0]["deployments"]
    assert [(d["status"], d["rolloutState"]) for d in deployments] == [("PRIMARY", "COMPLETED")]


def test_killing_an_agent_leaves_its_containers_running(served: Served) -> None:
    served.register()
    arn = served.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status is TaskStatus.RUNNING)
    instance = served.task(arn).container_instance_arn
    assert served.api.handle("POST", "agents", {"instance": instance, "action": "stop"}) == {"agentConnected": False}
    served.lab.timeline.advance(120)
    shown = served.ecs.describe_container_instances(containerInstances=[instance])["containerInstances"][0]
    assert (shown["agentConnected"], served.task(arn).last_status) == (False, "RUNNING")
    assert served.api.handle("POST", "curl", {"task": arn})["status"] == 200
    served.api.handle("POST", "agents", {"instance": instance, "action": "start"})
    served.ecs.stop_task(task=arn)
    served.until(lambda: served.task(arn).last_status is TaskStatus.STOPPED)


def test_out_of_memory_is_137_with_its_name(served: Served) -> None:
    served.register(command=["hog", "128"])
    arn = served.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status is TaskStatus.STOPPED)
    container = served.task(arn).containers[0]
    assert container.exit_code == 137
    assert container.reason == "OutOfMemoryError: Container killed due to memory usage"


def test_an_image_that_does_not_exist_stops_the_task_with_its_reason(served: Served) -> None:
    served.register(container={"image": "ecslab/nowhere:1"})
    arn = served.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status is TaskStatus.STOPPED)
    task = served.task(arn)
    assert task.stop_code == "TaskFailedToStart"
    assert task.stopped_reason.startswith("CannotPullContainerError")
    assert served.lab.runtime.held() == ()


def test_awslogs_go_to_their_stream_and_the_lab_reads_them(served: Served) -> None:
    served.client("logs").create_log_group(logGroupName="/lab")
    options = {"awslogs-group": "/lab", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}
    served.register(command=["log", "3"], container={"logConfiguration": {"logDriver": "awslogs", "options": options}})
    arn = served.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status is TaskStatus.STOPPED)
    stream = f"p/web/{served.task(arn).task_id}"
    events = served.client("logs").get_log_events(logGroupName="/lab", logStreamName=stream)["events"]
    assert len(events) == 3
    assert [line["message"] for line in served.api.handle("GET", "logs", {"task": arn})["lines"]] == [
        e["message"] for e in events
    ]


def test_a_missing_log_group_keeps_the_task_from_starting(served: Served) -> None:
    options = {"awslogs-group": "/nowhere", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}
    served.register(container={"logConfiguration": {"logDriver": "awslogs", "options": options}})
    arn = served.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status is TaskStatus.STOPPED)
    assert served.task(arn).stopped_reason.startswith("ResourceInitializationError")
    assert served.task(arn).stop_code == "TaskFailedToStart"


def test_instances_join_and_leave_through_ec2(served: Served) -> None:
    served.ecs.create_cluster(clusterName="other")
    ids = served.api.handle("POST", "instances", {"cluster": "other", "count": 1, "instance_type": "t3.medium"})
    served.until(lambda: len(served.ecs.list_container_instances(cluster="other")["containerInstanceArns"]) == 1)
    served.client("ec2").terminate_instances(InstanceIds=ids["instances"])
    served.until(lambda: served.ecs.list_container_instances(cluster="other")["containerInstanceArns"] == [])


def test_why_tells_the_reasons_of_placement(served: Served) -> None:
    served.register("big", container={"memory": 20000})
    served.ecs.create_service(serviceName="big", taskDefinition="big", desiredCount=1)
    served.lab.timeline.advance(5)
    found = served.api.handle("GET", "why", {"subject": "big"})
    assert [row["verdict"] for row in found["rows"]] == ["RESOURCE:MEMORY", "RESOURCE:MEMORY"]
    assert any("no instance" in sentence for sentence in found["sentences"])


def test_boto3s_own_waiters_end_on_virtual_time(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.waiter.time.sleep", lambda seconds: None)
    ecs = served.ecs
    served.register()
    ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=2)
    ecs.get_waiter("services_stable").wait(services=["web"])
    tasks = ecs.list_tasks(serviceName="web")["taskArns"]
    ecs.get_waiter("tasks_running").wait(tasks=tasks)
    ecs.delete_service(service="web", force=True)
    ecs.get_waiter("services_inactive").wait(services=["web"])
    ecs.get_waiter("tasks_stopped").wait(tasks=tasks)


def test_the_same_calls_give_the_same_journal(serve: Callable[..., Served]) -> None:
    def play() -> list[tuple[float, str, str]]:
        served = serve()
        served.register()
        served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=3)
        served.lab.timeline.advance(30)
        served.api.handle("POST", "faults", {"task": served.tasks("web")[0].task_id})
        served.lab.timeline.advance(60)
        entries = [(e.at, e.kind, e.text) for e in served.lab.journal.read()]
        served.lab.close()
        return entries

    assert play() == play()


def test_a_reset_empties_the_account_and_begins_anew(served: Served) -> None:
    served.register()
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=2)
    served.until(lambda: served.running("web") == 2)
    served.api.handle("POST", "reset", {})
    assert served.ecs.list_services()["serviceArns"] == []
    assert served.ecs.list_task_definitions()["taskDefinitionArns"] == []
    assert len(served.ecs.list_container_instances()["containerInstanceArns"]) == 2


def test_the_journal_state_and_view_agree(served: Served) -> None:
    served.register()
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=2)
    served.until(lambda: served.running("web") == 2)
    shown = served.api.handle("GET", "state", {})["clusters"][0]
    assert [(s["name"], s["running"]) for s in shown["services"]] == [("web", 2)]
    assert sorted(t["lastStatus"] for t in shown["tasks"]) == ["RUNNING", "RUNNING"]
    assert sum(len(i["tasks"]) for i in shown["instances"]) == 2


def test_a_trunk_comes_with_the_registration_and_lets_more_awsvpc_tasks_fit(served: Served) -> None:
    served.ecs.register_task_definition(
        family="app",
        networkMode="awsvpc",
        containerDefinitions=[{"name": "app", "image": "ecslab/web:1", "memory": 16}],
    )
    network = {"awsvpcConfiguration": {"subnets": list(subnets_by_zone(served).values())}}

    def fill(cluster: str) -> tuple[int, set[str]]:
        placed, reasons = 0, set()
        for _ in range(20):
            answer = served.ecs.run_task(cluster=cluster, taskDefinition="app", networkConfiguration=network)
            placed += len(answer["tasks"])
            reasons |= {failure["reason"] for failure in answer["failures"]}
        return placed, reasons

    served.ecs.create_cluster(clusterName="plain")
    served.lab.launch("plain", 1, "m5.large")
    served.until(lambda: len(served.lab.backend.store.instances("plain")) == 1)
    served.ecs.put_account_setting_default(name="awsvpcTrunking", value="enabled")
    served.ecs.create_cluster(clusterName="trunked")
    served.lab.launch("trunked", 1, "m5.large")
    served.ecs.create_cluster(clusterName="burstable")
    served.lab.launch("burstable", 1, "t3.medium")
    served.until(lambda: len(served.lab.backend.store.instances("burstable")) == 1)
    assert fill("plain") == (2, {"RESOURCE:ENI"})
    assert fill("trunked") == (10, {"RESOURCE:ENI"})
    assert fill("burstable") == (2, {"RESOURCE:ENI"})
    listed = served.ecs.list_attributes(
        cluster="trunked", targetType="container-instance", attributeName="ecs.awsvpc-trunk-id"
    )
    assert len(listed["attributes"]) == 1


def subnets_by_zone(served: Served) -> dict[str, str]:
    return {s["AvailabilityZone"]: s["SubnetId"] for s in served.client("ec2").describe_subnets()["Subnets"]}


def interface_of(served: Served, arn: str) -> dict[str, Any]:
    found = served.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[served.task(arn).eni.eni_id])
    return dict(found["NetworkInterfaces"][0])


def test_a_task_s_interface_is_in_its_instance_s_zone_and_attached_to_it(served: Served) -> None:
    served.register(networkMode="awsvpc")
    subnets = subnets_by_zone(served)
    both = {"awsvpcConfiguration": {"subnets": [subnets["us-east-1b"], subnets["us-east-1a"]]}}
    arns = [
        t["taskArn"] for t in served.ecs.run_task(taskDefinition="web", count=2, networkConfiguration=both)["tasks"]
    ]
    served.until(lambda: all(served.task(arn).last_status is TaskStatus.RUNNING for arn in arns))
    for arn in arns:
        task, shown = served.task(arn), interface_of(served, arn)
        instance = served.lab.backend.store.instance(task.container_instance_arn)
        assert shown["AvailabilityZone"] == instance.availability_zone == task.availability_zone
        assert (shown["Status"], shown["RequesterManaged"]) == ("in-use", True)
        assert shown["Attachment"]["InstanceId"] == instance.ec2_instance_id
        assert "Association" not in shown
    far = {"awsvpcConfiguration": {"subnets": [subnets["us-east-1c"]]}}
    failures = served.ecs.run_task(taskDefinition="web", networkConfiguration=far)["failures"]
    assert {f["reason"] for f in failures} == {"ATTRIBUTE"}
    assert "the subnets of the task are in us-east-1c" in failures[0]["detail"]


def test_fargate_spreads_a_service_over_its_subnets_and_gives_public_addresses(served: Served) -> None:
    served.register(networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512")
    subnets = subnets_by_zone(served)
    two = [subnets["us-east-1a"], subnets["us-east-1b"]]
    network = {"awsvpcConfiguration": {"subnets": two, "assignPublicIp": "ENABLED"}}
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=4, launchType="FARGATE", networkConfiguration=network
    )
    served.until(lambda: served.running("web") == 4)
    shown = [interface_of(served, task.task_arn) for task in served.tasks("web")]
    assert sorted(s["SubnetId"] for s in shown) == sorted(two * 2)
    assert len({s["Association"]["PublicIp"] for s in shown}) == 4
    with pytest.raises(ClientError, match="Assign public IP is not supported for this launch type"):
        served.ecs.run_task(taskDefinition="web", networkConfiguration=network)
