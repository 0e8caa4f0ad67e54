"""Claims about capacity providers, over HTTP on a served simulated lab: Fargate Spot, groups, waiting, draining."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served

FARGATE = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
BOTH = ["FARGATE", "FARGATE_SPOT"]
MIX = [{"capacityProvider": "FARGATE", "base": 2, "weight": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 3}]


def network(served: Served) -> dict[str, Any]:
    subnets = [s["SubnetId"] for s in served.client("ec2").describe_subnets()["Subnets"]]
    return {"awsvpcConfiguration": {"subnets": subnets}}


def associate(served: Served, *names: str, default: list[dict[str, Any]] | None = None) -> Any:
    return served.ecs.put_cluster_capacity_providers(
        cluster="default", capacityProviders=list(names), defaultCapacityProviderStrategy=default or []
    )["cluster"]


def group(served: Served, name: str = "workers", size: int = 2, extra: str = "", **more: Any) -> str:
    data = base64.b64encode(f"#!/bin/bash\necho ECS_CLUSTER=default >> /etc/ecs/ecs.config\n{extra}".encode()).decode()
    subnets = network(served)["awsvpcConfiguration"]["subnets"][:3]
    launching = {"ImageId": "ami-12c6146b", "InstanceType": "m5.large", "UserData": data}
    served.client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=launching)
    scaling = served.client("autoscaling")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name},
        MinSize=0,
        MaxSize=10,
        DesiredCapacity=size,
        VPCZoneIdentifier=",".join(subnets),
        **more,
    )
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    return str(found["AutoScalingGroupARN"])


def provider(served: Served, name: str = "workers", size: int = 2, **settings: Any) -> str:
    more = {"NewInstancesProtectedFromScaleIn": True} if "managedTerminationProtection" in settings else {}
    arn = group(served, name, size, **more)
    served.ecs.create_capacity_provider(name=name, autoScalingGroupProvider={"autoScalingGroupArn": arn, **settings})
    associate(served, *BOTH, name)
    served.until(lambda: len(own(served, name)) == size)
    return name


def own(served: Served, name: str) -> list[Any]:
    return [i for i in served.lab.backend.store.instances("default") if i.capacity_provider_name == name]


def refused(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    return f"{caught.value.response['Error']['Code']}: {caught.value.response['Error']['Message']}"


def test_a_service_fills_the_base_and_divides_the_rest_by_weight(served: Served) -> None:
    associate(served, *BOTH)
    served.register(**FARGATE)
    answer = served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=10, capacityProviderStrategy=MIX,
        networkConfiguration=network(served),
    )["service"]  # fmt: skip
    assert "launchType" not in answer
    assert answer["capacityProviderStrategy"][0] == {"capacityProvider": "FARGATE", "weight": 1, "base": 2}
    served.until(lambda: served.running("web") == 10)
    arns = [t.task_arn for t in served.tasks("web")]
    shown = served.ecs.describe_tasks(tasks=arns)["tasks"]
    assert Counter(t["capacityProviderName"] for t in shown) == {"FARGATE": 4, "FARGATE_SPOT": 6}
    assert {t["launchType"] for t in shown} == {"FARGATE"}


def test_the_default_strategy_is_used_where_nothing_else_is_asked_for(served: Served) -> None:
    associate(served, *BOTH, default=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    served.register(**FARGATE)
    run = served.ecs.run_task(taskDefinition="web", networkConfiguration=network(served))
    assert run["tasks"][0]["capacityProviderName"] == "FARGATE_SPOT"
    run = served.ecs.run_task(taskDefinition="web", networkConfiguration=network(served), launchType="FARGATE")
    assert "capacityProviderName" not in run["tasks"][0]
    shown = served.ecs.describe_clusters(clusters=["default"])["clusters"][0]
    assert shown["capacityProviders"] == BOTH
    assert shown["defaultCapacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ([{"capacityProvider": "ghost"}], "not associated with the cluster"),
        ([{"capacityProvider": "FARGATE"}, {"capacityProvider": "workers", "weight": 1}], "both Fargate and Auto"),
        ([{"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT"}], "at least one weight"),
        ([{**MIX[0]}, {**MIX[1], "base": 1}], "only one capacity provider can have a base"),
        ([{**MIX[0]}, {**MIX[0]}], "twice"),
        ([{"capacityProvider": "FARGATE", "weight": 1000, "base": 100_001}], ""),
    ],
)  # fmt: skip
def test_a_strategy_that_cannot_be_is_refused_with_the_reason(
    served: Served, strategy: list[dict[str, Any]], words: str
) -> None:
    provider(served, size=0)
    served.register(**FARGATE)
    said = refused(
        served.ecs.run_task, taskDefinition="web", capacityProviderStrategy=strategy,
        networkConfiguration=network(served),
    )  # fmt: skip
    assert said.startswith("InvalidParameterException: ")
    assert words in said


def test_a_strategy_and_a_launch_type_exclude_each_other(served: Served) -> None:
    associate(served, *BOTH)
    served.register(**FARGATE)
    said = refused(served.ecs.run_task, taskDefinition="web", capacityProviderStrategy=MIX, launchType="FARGATE")
    assert "both a launch type and capacity provider strategy" in said
    said = refused(
        served.ecs.create_service, serviceName="d", taskDefinition="web", schedulingStrategy="DAEMON",
        capacityProviderStrategy=MIX,
    )  # fmt: skip
    assert "DAEMON" in said


def test_an_interrupted_spot_task_gets_sigterm_at_once_and_is_replaced(served: Served) -> None:
    associate(served, *BOTH)
    served.register(**FARGATE, container={"stopTimeout": 120})
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=1, networkConfiguration=network(served),
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )  # fmt: skip
    served.until(lambda: served.running("web") == 1)
    arn = served.tasks("web")[0].task_arn
    served.api.handle("POST", "interruptions", {"subject": arn})
    served.until(lambda: served.task(arn).last_status == "STOPPED")
    stopped = served.ecs.describe_tasks(tasks=[arn])["tasks"][0]
    assert stopped["stopCode"] == "SpotInterruption"
    assert stopped["stoppedReason"] == "Your Spot Task was interrupted."
    assert stopped["containers"][0]["exitCode"] == 0
    served.until(lambda: served.running("web") == 1)


def test_without_spot_capacity_nothing_falls_back_to_on_demand(served: Served) -> None:
    associate(served, *BOTH)
    served.register(**FARGATE)
    served.api.handle("POST", "spot", {"available": False})
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    run = served.ecs.run_task(taskDefinition="web", networkConfiguration=network(served), capacityProviderStrategy=spot)
    assert (run["tasks"], "Capacity is unavailable" in run["failures"][0]["reason"]) == ([], True)
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=2, networkConfiguration=network(served),
        capacityProviderStrategy=spot,
    )  # fmt: skip
    served.lab.timeline.advance(30)
    said = served.ecs.describe_services(services=["web"])["services"][0]["events"][0]["message"]
    assert "Capacity is unavailable at this time" in said
    assert served.tasks("web") == []
    served.api.handle("POST", "spot", {"available": True})
    served.until(lambda: served.running("web") == 2)


def test_only_spot_tasks_can_be_interrupted(served: Served) -> None:
    served.register()
    arn = served.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    with pytest.raises(Exception, match="Only a task on FARGATE_SPOT"):
        served.api.handle("POST", "interruptions", {"subject": arn})


def test_instances_of_a_group_join_in_every_zone_and_belong_to_the_provider(served: Served) -> None:
    provider(served, size=3)
    assert len({i.availability_zone for i in own(served, "workers")}) == 3
    listed = served.ecs.list_container_instances()["containerInstanceArns"]
    shown = served.ecs.describe_container_instances(containerInstances=listed)["containerInstances"]
    assert sorted(i.get("capacityProviderName", "") for i in shown) == ["", "", *["workers"] * 3]


def test_tasks_of_a_strategy_run_on_its_groups_only(served: Served) -> None:
    provider(served, "one", 1)
    provider(served, "two", 1)
    associate(served, "one", "two")
    served.register()
    strategy = [{"capacityProvider": "one", "weight": 1}, {"capacityProvider": "two", "weight": 3}]
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=8, capacityProviderStrategy=strategy
    )
    served.until(lambda: served.running("web") == 8)
    by_instance = Counter(t.container_instance_arn for t in served.tasks("web"))
    one, two = own(served, "one")[0].arn, own(served, "two")[0].arn
    assert by_instance == {one: 2, two: 6}


def test_with_managed_scaling_a_task_without_room_waits_and_is_placed_when_there_is_an_instance(served: Served) -> None:
    provider(served, size=0, managedScaling={"status": "ENABLED"})
    served.register()
    strategy = [{"capacityProvider": "workers", "weight": 1}]
    run = served.ecs.run_task(taskDefinition="web", count=2, capacityProviderStrategy=strategy)
    assert [t["lastStatus"] for t in run["tasks"]] == ["PROVISIONING"] * 2
    served.lab.timeline.advance(300)
    arns = [t["taskArn"] for t in run["tasks"]]
    assert [served.task(a).last_status for a in arns] == ["PROVISIONING"] * 2
    served.client("autoscaling").set_desired_capacity(AutoScalingGroupName="workers", DesiredCapacity=1)
    served.until(lambda: all(served.task(a).last_status == "RUNNING" for a in arns))
    assert {served.task(a).container_instance_arn for a in arns} == {own(served, "workers")[0].arn}


def test_without_managed_scaling_it_stops_and_says_what_was_lacking(served: Served) -> None:
    provider(served, size=0)
    served.register()
    strategy = [{"capacityProvider": "workers", "weight": 1}]
    arn = served.ecs.run_task(taskDefinition="web", capacityProviderStrategy=strategy)["tasks"][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status == "STOPPED")
    stopped = served.ecs.describe_tasks(tasks=[arn])["tasks"][0]
    assert stopped["stoppedReason"] == "TaskFailedToStart: EMPTY CAPACITY PROVIDER"
    served.client("autoscaling").set_desired_capacity(AutoScalingGroupName="workers", DesiredCapacity=1)
    served.until(lambda: len(own(served, "workers")) == 1)
    served.register("big", container={"memory": 100_000})
    arn = served.ecs.run_task(taskDefinition="big", capacityProviderStrategy=strategy)["tasks"][0]["taskArn"]
    served.until(lambda: served.task(arn).last_status == "STOPPED")
    assert served.task(arn).stopped_reason == "TaskFailedToStart: RESOURCE:MEMORY"


def test_managed_draining_lets_the_tasks_of_an_instance_move_before_it_goes(served: Served) -> None:
    provider(served)
    served.register()
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=4,
        capacityProviderStrategy=[{"capacityProvider": "workers", "weight": 1}],
    )  # fmt: skip
    served.until(lambda: served.running("web") == 4)
    served.client("autoscaling").set_desired_capacity(AutoScalingGroupName="workers", DesiredCapacity=1)
    served.lab.timeline.advance(0)
    assert sorted(i.status for i in own(served, "workers")) == ["ACTIVE", "DRAINING"]
    least = 4
    for _ in range(600):
        served.lab.timeline.advance(0.5)
        least = min(least, served.running("web"))
        if len(own(served, "workers")) == 1:
            break
    assert len(own(served, "workers")) == 1
    assert least == 4
    assert {t.container_instance_arn for t in served.tasks("web")} == {own(served, "workers")[0].arn}


def test_without_managed_draining_the_instance_goes_at_once_with_its_tasks(served: Served) -> None:
    provider(served, managedDraining="DISABLED")
    served.register()
    strategy = [{"capacityProvider": "workers", "weight": 1}]
    arns = [
        t["taskArn"]
        for t in served.ecs.run_task(taskDefinition="web", count=8, capacityProviderStrategy=strategy)["tasks"]
    ]
    served.until(lambda: all(served.task(a).last_status == "RUNNING" for a in arns))
    served.client("autoscaling").set_desired_capacity(AutoScalingGroupName="workers", DesiredCapacity=1)
    served.until(lambda: len(own(served, "workers")) == 1, limit=5)
    stopped = [a for a in arns if served.task(a).last_status == "STOPPED"]
    assert stopped


def test_termination_protection_follows_the_tasks(served: Served) -> None:
    provider(served, managedScaling={"status": "ENABLED"}, managedTerminationProtection="ENABLED")
    served.register()
    strategy = [{"capacityProvider": "workers", "weight": 1}]
    run = served.ecs.run_task(taskDefinition="web", capacityProviderStrategy=strategy)
    served.lab.timeline.advance(120)
    busy = served.task(run["tasks"][0]["taskArn"]).container_instance_arn
    scaling = served.client("autoscaling")
    shown = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["workers"])["AutoScalingGroups"][0]
    by_id = {i["InstanceId"]: i["ProtectedFromScaleIn"] for i in shown["Instances"]}
    assert by_id == {i.ec2_instance_id: i.arn == busy for i in own(served, "workers")}
    scaling.set_desired_capacity(AutoScalingGroupName="workers", DesiredCapacity=1)
    served.lab.timeline.advance(120)
    assert [i.arn for i in own(served, "workers")] == [busy]


def test_a_spot_instance_with_draining_enabled_is_left_before_it_is_gone(served: Served) -> None:
    group(served, "spot", 2, "echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config\n")
    served.until(lambda: len(served.lab.backend.store.instances("default")) == 4)
    spotted = served.lab.backend.store.instances("default")[2]
    served.api.handle("POST", "interruptions", {"subject": spotted.ec2_instance_id})
    assert served.lab.backend.store.instance(spotted.arn).status == "DRAINING"
    served.lab.timeline.advance(125)
    assert served.lab.backend.store.instance(spotted.arn).status == "INACTIVE"


def test_providers_are_described_changed_and_deleted_only_when_unused(served: Served) -> None:
    provider(served)
    ecs = served.ecs
    names = [p["name"] for p in ecs.describe_capacity_providers()["capacityProviders"]]
    assert names == [*BOTH, "workers"]
    shown = ecs.describe_capacity_providers(capacityProviders=["workers", "ghost"])
    assert shown["capacityProviders"][0]["autoScalingGroupProvider"]["managedScaling"]["targetCapacity"] == 100
    assert shown["failures"][0]["reason"] == "MISSING"
    changed = ecs.update_capacity_provider(
        name="workers",
        autoScalingGroupProvider={"managedScaling": {"status": "ENABLED", "targetCapacity": 80}},
    )["capacityProvider"]
    assert changed["autoScalingGroupProvider"]["managedScaling"]["instanceWarmupPeriod"] == 300
    assert changed["updateStatus"] == "UPDATE_COMPLETE"
    assert "in use" in refused(ecs.delete_capacity_provider, capacityProvider="workers")
    associate(served, *BOTH)
    assert own(served, "workers") == []
    assert ecs.delete_capacity_provider(capacityProvider="workers")["capacityProvider"]["status"] == "INACTIVE"


def test_a_provider_in_use_stays_associated(served: Served) -> None:
    associate(served, *BOTH)
    served.register(**FARGATE)
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=1, networkConfiguration=network(served),
        capacityProviderStrategy=MIX,
    )  # fmt: skip
    said = refused(
        served.ecs.put_cluster_capacity_providers, cluster="default", capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategy=[],
    )  # fmt: skip
    assert said.startswith("ResourceInUseException")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "fargate-mine"}, "cannot begin with"),
        ({"name": "x", "autoScalingGroupProvider": {"autoScalingGroupArn": "ghost"}}, "was not found"),
        ({"managedTerminationProtection": "ENABLED"}, "needs managed scaling"),
        ({"managedTerminationProtection": "ENABLED", "managedScaling": {"status": "ENABLED"}}, "NewInstancesProt"),
        ({"managedScaling": {"targetCapacity": 100, "minimumScalingStepSize": 9, "maximumScalingStepSize": 2}}, "not"),
    ],
)  # fmt: skip
def test_a_provider_that_cannot_be_is_refused_with_the_reason(
    served: Served, given: dict[str, Any], words: str
) -> None:
    arn = group(served, size=0)
    plain = {k: v for k, v in given.items() if k not in ("name", "autoScalingGroupProvider")}
    settings = given.get("autoScalingGroupProvider") or {"autoScalingGroupArn": arn, **plain}
    said = refused(
        served.ecs.create_capacity_provider, name=given.get("name", "mine"), autoScalingGroupProvider=settings
    )
    assert words in said


def test_changing_the_strategy_of_a_service_deploys_anew(served: Served) -> None:
    associate(served, *BOTH)
    served.register(**FARGATE)
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=2, networkConfiguration=network(served),
        launchType="FARGATE",
    )  # fmt: skip
    served.until(lambda: served.running("web") == 2)
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    answer = served.ecs.update_service(service="web", capacityProviderStrategy=spot, forceNewDeployment=True)["service"]
    assert len(answer["deployments"]) == 2
    assert answer["deployments"][0]["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"
    served.until(lambda: {t.capacity_provider_name for t in served.tasks("web")} == {"FARGATE_SPOT"}, limit=300)


def launch_in(served: Served, zone: str) -> None:
    """Launch an instance of the default cluster in a zone, by its letter."""
    subnet = next(
        s["SubnetId"] for s in served.client("ec2").describe_subnets()["Subnets"] if s["AvailabilityZone"][-1] == zone
    )
    served.client("ec2").run_instances(
        ImageId="ami-12c6146b", InstanceType="m5.large", MinCount=1, MaxCount=1, SubnetId=subnet,
        UserData="#!/bin/bash\necho ECS_CLUSTER=default >> /etc/ecs/ecs.config\n",
    )  # fmt: skip


def zones(served: Served, service: str = "web") -> Counter[str]:
    return Counter(t.availability_zone for t in served.tasks(service) if t.last_status == "RUNNING")


def test_a_service_is_rebalanced_when_a_zone_comes_back_and_never_has_too_few(served: Served) -> None:
    served.register()
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=4)
    served.until(lambda: served.running("web") == 4)
    assert zones(served) == {"us-east-1a": 2, "us-east-1b": 2}
    lost = [i for i in served.lab.backend.store.instances("default") if i.availability_zone == "us-east-1b"]
    served.client("ec2").terminate_instances(InstanceIds=[i.ec2_instance_id for i in lost])
    served.until(lambda: zones(served) == {"us-east-1a": 4})
    served.lab.timeline.advance(120)
    launch_in(served, "b")
    least = 4
    for _ in range(400):
        served.lab.timeline.advance(0.5)
        least = min(least, served.running("web"))
    assert zones(served) == {"us-east-1a": 2, "us-east-1b": 2}
    assert least == 4
    events = [e["message"] for e in served.ecs.describe_services(services=["web"])["services"][0]["events"]]
    assert any("is not AZ balanced with 4 tasks in us-east-1a, 0 tasks in us-east-1b" in e for e in events)
    assert any("is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b" in e for e in events)


def test_rebalancing_is_on_where_it_can_be_and_refused_where_it_cannot(served: Served) -> None:
    served.register()
    shown = served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=0)["service"]
    assert shown["availabilityZoneRebalancing"] == "ENABLED"
    packed = [{"type": "binpack", "field": "memory"}]
    shown = served.ecs.create_service(
        serviceName="packed", taskDefinition="web", desiredCount=0, placementStrategy=packed
    )["service"]
    assert shown["availabilityZoneRebalancing"] == "DISABLED"
    said = refused(served.ecs.update_service, service="packed", availabilityZoneRebalancing="ENABLED")
    assert "first placement strategy" in said
    shown = served.ecs.update_service(service="web", availabilityZoneRebalancing="DISABLED")["service"]
    assert shown["availabilityZoneRebalancing"] == "DISABLED"


def test_rebalancing_that_finds_no_room_waits_and_says_nothing(served: Served) -> None:
    served.register("big", container={"memory": 3500})
    served.register()
    served.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=4)
    served.until(lambda: served.running("web") == 4)
    lost = next(i for i in served.lab.backend.store.instances("default") if i.availability_zone == "us-east-1b")
    served.client("ec2").terminate_instances(InstanceIds=[lost.ec2_instance_id])
    served.until(lambda: zones(served) == {"us-east-1a": 4})
    launch_in(served, "b")
    served.until(lambda: len(served.lab.backend.store.instances("default")) == 2)
    new = next(i for i in served.lab.backend.store.instances("default") if i.availability_zone == "us-east-1b")
    for _ in range(2):
        served.ecs.start_task(taskDefinition="big", containerInstances=[new.arn])
    served.register("rest", container={"memory": 950})
    served.ecs.start_task(taskDefinition="rest", containerInstances=[new.arn])
    before = len(served.lab.journal)
    served.lab.timeline.advance(300)
    assert zones(served) == {"us-east-1a": 4}
    assert len(served.lab.journal) - before < 100
