"""Claims about Amazon ECS Managed Instances, over HTTP on a served simulated lab: launched, filled, idle, gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ecslab.control.why import why
from tests.server.conftest import Served
from tests.server.test_capacity import associate, network, refused

ROLE = "arn:aws:iam::123456789012:role/ecsInfrastructureRole"
PROFILE = "arn:aws:iam::123456789012:instance-profile/ecsInstanceRole"
SMALL = {"vCpuCount": {"min": 2, "max": 4}, "memoryMiB": {"min": 4096, "max": 16384}}
MANAGED = {"networkMode": "awsvpc", "requiresCompatibilities": ["MANAGED_INSTANCES"], "cpu": "512", "memory": "1024"}
MINE = [{"capacityProvider": "mi", "weight": 1}]


def subnets(served: Served, count: int = 3) -> list[str]:
    return list(network(served)["awsvpcConfiguration"]["subnets"][:count])


def settings(served: Served, *, zones: int = 3, **more: Any) -> dict[str, Any]:
    template = {
        "ec2InstanceProfileArn": PROFILE,
        "networkConfiguration": {"subnets": subnets(served, zones)},
        "instanceRequirements": SMALL,
        **more.pop("template", {}),
    }
    return {"infrastructureRoleArn": ROLE, "instanceLaunchTemplate": template, **more}


def provider(served: Served, name: str = "mi", **more: Any) -> dict[str, Any]:
    tags = more.pop("tags", [])
    given = settings(served, **more)
    made = served.ecs.create_capacity_provider(
        name=name, cluster="default", managedInstancesProvider=given, tags=tags
    )["capacityProvider"]  # fmt: skip
    return dict(made)


def own(served: Served, name: str = "mi") -> list[Any]:
    return [i for i in served.lab.backend.store.instances("default") if i.capacity_provider_name == name]


def run(served: Served, count: int = 1, **more: Any) -> list[str]:
    answer = served.ecs.run_task(
        taskDefinition="web", count=count, capacityProviderStrategy=MINE, networkConfiguration=network(served), **more
    )
    assert answer["failures"] == []
    return [task["taskArn"] for task in answer["tasks"]]


def serve_web(served: Served, count: int, **more: Any) -> None:
    served.ecs.create_service(
        serviceName="web", taskDefinition="web", desiredCount=count, capacityProviderStrategy=MINE,
        networkConfiguration=network(served), **more,
    )  # fmt: skip


def kinds(served: Served, kind: str) -> list[Any]:
    return list(served.lab.journal.read(kind=kind))


def test_a_task_that_waits_brings_an_instance_and_an_idle_instance_goes(served: Served) -> None:
    provider(served, infrastructureOptimization={"scaleInAfter": 120})
    served.register(**MANAGED)
    [arn] = run(served)
    first = served.ecs.describe_tasks(tasks=[arn])["tasks"][0]
    assert (first["lastStatus"], first["launchType"]) == ("PROVISIONING", "MANAGED_INSTANCES")
    assert "containerInstanceArn" not in first
    served.until(lambda: served.task(arn).last_status == "RUNNING")
    [instance] = own(served)
    assert served.task(arn).container_instance_arn == instance.arn
    shown = served.ecs.describe_container_instances(containerInstances=[instance.arn])["containerInstances"][0]
    assert shown["capacityProviderName"] == "mi"
    kind = {a["name"]: a.get("value") for a in shown["attributes"]}["ecs.instance-type"]
    [launched] = kinds(served, "capacity.launched")
    assert (launched.data["instance_type"], launched.data["tasks"]) == (kind, [arn])
    served.ecs.stop_task(task=arn)
    served.until(lambda: served.task(arn).last_status == "STOPPED")
    served.lab.timeline.advance(100)
    assert [i.arn for i in own(served)] == [instance.arn]
    served.until(lambda: not own(served))
    [gone] = kinds(served, "capacity.terminated")
    assert "idle for 120 s" in gone.text
    states = served.client("ec2").describe_instances(InstanceIds=[instance.ec2_instance_id])
    assert states["Reservations"][0]["Instances"][0]["State"]["Name"] == "terminated"


def test_a_task_on_an_idle_instance_keeps_it(served: Served) -> None:
    provider(served, infrastructureOptimization={"scaleInAfter": 60})
    served.register(**MANAGED)
    [first] = run(served)
    served.until(lambda: served.task(first).last_status == "RUNNING")
    served.ecs.stop_task(task=first)
    served.lab.timeline.advance(40)
    [second] = run(served)
    served.until(lambda: served.task(second).last_status == "RUNNING")
    served.lab.timeline.advance(300)
    assert len(own(served)) == 1
    assert len(kinds(served, "capacity.launched")) == 1


@pytest.mark.parametrize(("after", "left"), [(-1, 1), (0, 0), (None, 0)])
def test_how_long_an_instance_stays_idle_is_the_providers_to_say(served: Served, after: int | None, left: int) -> None:
    provider(served, **({} if after is None else {"infrastructureOptimization": {"scaleInAfter": after}}))
    served.register(**MANAGED)
    [arn] = run(served)
    served.until(lambda: served.task(arn).last_status == "RUNNING")
    served.ecs.stop_task(task=arn)
    served.until(lambda: served.task(arn).last_status == "STOPPED")
    if after == 0:
        served.lab.timeline.advance(1)
        assert own(served) == []
    served.lab.timeline.advance(3700)
    assert len(own(served)) == left


def test_the_cheapest_type_within_the_requirements_is_launched(served: Served) -> None:
    provider(
        served, template={"instanceRequirements": {"vCpuCount": {"min": 8}, "memoryMiB": {"min": 0, "max": 16384}}}
    )
    served.register(**MANAGED)
    [arn] = run(served)
    served.until(lambda: served.task(arn).last_status == "RUNNING")
    [instance] = own(served)
    assert instance.cpu == 8192
    assert instance.instance_type.startswith("c")


def test_allowed_types_take_wildcards(served: Served) -> None:
    wanted = {"vCpuCount": {"min": 1}, "memoryMiB": {"min": 0}, "allowedInstanceTypes": ["r6i.*"]}
    provider(served, template={"instanceRequirements": wanted})
    served.register(**MANAGED)
    [arn] = run(served)
    served.until(lambda: served.task(arn).last_status == "RUNNING")
    assert own(served)[0].instance_type == "r6i.large"


def test_without_requirements_the_task_alone_decides(served: Served) -> None:
    template = settings(served)["instanceLaunchTemplate"]
    del template["instanceRequirements"]
    served.ecs.create_capacity_provider(
        name="mi", cluster="default",
        managedInstancesProvider={"infrastructureRoleArn": ROLE, "instanceLaunchTemplate": template},
    )  # fmt: skip
    served.register(**{**MANAGED, "cpu": "4096", "memory": "30720"})
    [arn] = run(served)
    served.until(lambda: served.task(arn).last_status == "RUNNING")
    assert own(served)[0].cpu >= 4096
    assert own(served)[0].memory >= 30720


def test_a_service_is_spread_over_three_zones_and_packed_in_one(served: Served) -> None:
    provider(served)
    provider(served, "one", zones=1)
    served.register(**{**MANAGED, "networkMode": "host"}, container={"portMappings": []})
    for name in ("mi", "one"):
        served.ecs.create_service(
            serviceName=name, taskDefinition="web", desiredCount=3,
            capacityProviderStrategy=[{"capacityProvider": name, "weight": 1}],
        )  # fmt: skip
    served.until(lambda: served.running("mi") == 3 and served.running("one") == 3)
    assert len({i.availability_zone for i in own(served)}) == 3
    assert len({t.availability_zone for t in served.tasks("mi")}) == 3
    assert len(own(served, "one")) == 1


def test_a_service_grows_onto_new_instances_and_shrinks_off_them(served: Served) -> None:
    provider(served, infrastructureOptimization={"scaleInAfter": 60})
    served.register(**MANAGED)
    serve_web(served, 6)
    served.until(lambda: served.running("web") == 6)
    most = len(own(served))
    assert most >= 3
    assert {t.launch_type for t in served.tasks("web")} == {"MANAGED_INSTANCES"}
    served.ecs.update_service(service="web", desiredCount=0)
    served.until(lambda: not own(served), limit=400)
    assert len(kinds(served, "capacity.terminated")) == len(kinds(served, "capacity.launched")) == most


def test_tasks_of_other_kinds_stay_off_managed_instances(served: Served) -> None:
    provider(served)
    served.register(**MANAGED)
    served.register("plain")
    run(served)
    served.until(lambda: len(own(served)) == 1)
    managed = own(served)[0].arn
    served.ecs.create_service(serviceName="every", taskDefinition="plain", schedulingStrategy="DAEMON")
    served.until(lambda: served.running("every") == 2)
    served.ecs.run_task(taskDefinition="plain", count=10)
    served.lab.timeline.advance(30)
    mine = served.lab.backend.store.tasks_of_instance(managed)
    assert {t.task_definition_arn.rsplit("/", 1)[-1] for t in mine} == {"web:1"}
    said = refused(
        served.ecs.create_service, serviceName="d", taskDefinition="plain", schedulingStrategy="DAEMON",
        capacityProviderStrategy=MINE,
    )  # fmt: skip
    assert "CreateDaemon" in said


def test_placement_constraints_choose_the_type_that_is_launched(served: Served) -> None:
    provider(served)
    served.register(**MANAGED)
    wanted = [{"type": "memberOf", "expression": "attribute:ecs.instance-type in [m6i.large, m6i.xlarge]"}]
    [arn] = run(served, placementConstraints=wanted)
    served.until(lambda: served.task(arn).last_status == "RUNNING")
    assert own(served)[0].instance_type.startswith("m6i.")
    arns = run(served, 2, placementConstraints=[{"type": "distinctInstance"}])
    served.until(lambda: all(served.task(a).last_status == "RUNNING" for a in arns))
    assert len({served.task(a).container_instance_arn for a in arns}) == 2


def test_a_task_that_fits_on_no_type_fails_with_the_reason(served: Served) -> None:
    provider(served)
    served.register(**{**MANAGED, "cpu": "16384", "memory": "32768"})
    [arn] = run(served)
    served.until(lambda: served.task(arn).last_status == "STOPPED")
    task = served.ecs.describe_tasks(tasks=[arn])["tasks"][0]
    assert task["stopCode"] == "TaskFailedToStart"
    assert "no instance type" in task["stoppedReason"]
    assert "RESOURCE:CPU" in task["stoppedReason"]
    assert own(served) == []


def test_tags_reach_the_instances_where_they_are_propagated(served: Served) -> None:
    provider(served, propagateTags="CAPACITY_PROVIDER", tags=[{"key": "team", "value": "a"}])
    served.register(**MANAGED)
    run(served)
    served.until(lambda: len(own(served)) == 1)
    shown = served.ecs.describe_container_instances(containerInstances=[own(served)[0].arn], include=["TAGS"])
    assert shown["containerInstances"][0]["tags"] == [{"key": "team", "value": "a"}]
    found = served.client("ec2").describe_instances(InstanceIds=[own(served)[0].ec2_instance_id])
    tags = {t["Key"]: t["Value"] for t in found["Reservations"][0]["Instances"][0]["Tags"]}
    assert tags["team"] == "a"


def test_spot_instances_are_taken_back_and_replaced(served: Served) -> None:
    provider(served, template={"capacityOptionType": "SPOT"})
    served.register(**MANAGED)
    serve_web(served, 1)
    served.until(lambda: served.running("web") == 1)
    [first] = own(served)
    found = served.client("ec2").describe_instances(InstanceIds=[first.ec2_instance_id])
    assert found["Reservations"][0]["Instances"][0]["InstanceLifecycle"] == "spot"
    served.lab.capacity.interrupt(first.ec2_instance_id)
    served.lab.timeline.advance(200)
    assert served.running("web") == 1
    assert first.ec2_instance_id not in {i.ec2_instance_id for i in own(served)}


def test_a_drained_instance_is_terminated_when_its_tasks_have_moved(served: Served) -> None:
    provider(served)
    served.register(**MANAGED)
    serve_web(served, 1)
    served.until(lambda: served.running("web") == 1)
    [first] = own(served)
    served.ecs.update_container_instances_state(containerInstances=[first.arn], status="DRAINING")
    served.until(lambda: first.arn not in {i.arn for i in own(served)} and served.running("web") == 1, limit=120)


def test_an_instance_lives_for_14_days(served: Served) -> None:
    provider(served)
    served.register(**MANAGED)
    serve_web(served, 1)
    served.until(lambda: served.running("web") == 1)
    [first] = own(served)
    served.lab.timeline.advance(120)
    assert [i.arn for i in own(served)] == [first.arn]
    store = served.lab.backend.store
    store.put_instance(replace(first, registered_at=first.registered_at - 14 * 86_400))
    served.lab.timeline.advance(120)
    assert first.arn not in {i.arn for i in own(served)}
    assert served.running("web") == 1


def test_the_provider_is_described_in_its_cluster_only(served: Served) -> None:
    made = provider(served)
    assert (made["type"], made["cluster"], made["updateStatus"]) == ("MANAGED_INSTANCES", "default", "CREATE_COMPLETE")
    template = made["managedInstancesProvider"]["instanceLaunchTemplate"]
    assert template["capacityOptionType"] == "ON_DEMAND"
    assert template["instanceRequirements"] == SMALL
    cluster = served.ecs.describe_clusters(clusters=["default"])["clusters"][0]
    assert cluster["capacityProviders"] == ["mi"]
    found = served.ecs.describe_capacity_providers(cluster="default")["capacityProviders"]
    assert [p["name"] for p in found] == ["mi"]
    served.ecs.create_cluster(clusterName="other")
    answer = served.ecs.describe_capacity_providers(cluster="other", capacityProviders=["mi"])
    assert (answer["capacityProviders"], answer["failures"][0]["reason"]) == ([], "MISSING")
    said = refused(
        served.ecs.put_cluster_capacity_providers, cluster="other", capacityProviders=["mi"],
        defaultCapacityProviderStrategy=[],
    )  # fmt: skip
    assert "available in cluster default only" in said
    served.ecs.delete_cluster(cluster="other")


def test_the_default_strategy_may_be_one_of_managed_instances(served: Served) -> None:
    provider(served)
    associate(served, "mi", default=MINE)
    served.register(**MANAGED)
    answer = served.ecs.run_task(taskDefinition="web", networkConfiguration=network(served))
    assert answer["tasks"][0]["capacityProviderName"] == "mi"


def test_an_update_holds_for_new_instances_only(served: Served) -> None:
    provider(served)
    served.register(**MANAGED)
    [first] = run(served)
    served.until(lambda: served.task(first).last_status == "RUNNING")
    [old] = own(served)
    template = {"instanceRequirements": {"vCpuCount": {"min": 16}, "memoryMiB": {"min": 0}}}
    changed = served.ecs.update_capacity_provider(
        name="mi", cluster="default",
        managedInstancesProvider={"infrastructureRoleArn": ROLE, "instanceLaunchTemplate": template},
    )["capacityProvider"]  # fmt: skip
    assert changed["updateStatus"] == "UPDATE_COMPLETE"
    kept = changed["managedInstancesProvider"]["instanceLaunchTemplate"]
    assert kept["networkConfiguration"]["subnets"] == subnets(served)
    run(served, placementConstraints=[{"type": "distinctInstance"}])
    served.until(lambda: len(own(served)) == 2)
    assert own(served)[0].cpu == old.cpu
    assert own(served)[1].cpu == 16 * 1024


def test_a_provider_in_use_is_not_deleted_and_an_unused_one_goes_with_its_instances(served: Served) -> None:
    provider(served)
    served.register(**MANAGED)
    serve_web(served, 1)
    served.until(lambda: served.running("web") == 1)
    call = served.ecs.delete_capacity_provider
    assert "ResourceInUseException" in refused(call, capacityProvider="mi", cluster="default")
    assert "cluster default" in refused(call, capacityProvider="mi")
    associate(served, "mi", default=MINE)
    served.ecs.delete_service(service="web", force=True)
    served.until(lambda: served.lab.backend.store.service("default", "web").status == "INACTIVE")
    assert "default strategy" in refused(call, capacityProvider="mi", cluster="default")
    associate(served, "mi")
    gone = call(capacityProvider="mi", cluster="default")["capacityProvider"]
    assert (gone["status"], gone["updateStatus"]) == ("DEPROVISIONING", "DELETE_IN_PROGRESS")
    served.until(lambda: not own(served), limit=90)
    shown = served.ecs.describe_capacity_providers(capacityProviders=["mi"])["capacityProviders"][0]
    assert (shown["status"], shown["updateStatus"]) == ("INACTIVE", "DELETE_COMPLETE")
    assert provider(served)["status"] == "ACTIVE"


WRONG: list[tuple[Callable[[Served], dict[str, Any]], str]] = [
    (lambda s: {"cluster": None}, "cluster must be specified"),
    (lambda s: {"cluster": "ghost"}, "ClusterNotFoundException"),
    (lambda s: {"managedInstancesProvider": {**settings(s), "infrastructureRoleArn": "x"}}, "infrastructureRoleArn"),
    (lambda s: {"managedInstancesProvider": settings(s, template={"ec2InstanceProfileArn": "x"})}, "instance profile"),
    (lambda s: {"managedInstancesProvider": settings(s, zones=0)}, "subnets must have 1 to 16"),
    (
        lambda s: {
            "managedInstancesProvider": settings(s, template={"networkConfiguration": {"subnets": ["subnet-x"]}})
        },
        "'subnet-x' does not exist",
    ),
    (
        lambda s: {"managedInstancesProvider": settings(s, infrastructureOptimization={"scaleInAfter": 3601})},
        "scaleInAfter is -1",
    ),
    (
        lambda s: {
            "managedInstancesProvider": settings(
                s, template={"instanceRequirements": {"vCpuCount": {"min": 4, "max": 2}, "memoryMiB": {"min": 0}}}
            )
        },
        "vCpuCount: min",
    ),
    (
        lambda s: {
            "managedInstancesProvider": settings(
                s, template={"instanceRequirements": {"vCpuCount": {"min": 9999}, "memoryMiB": {"min": 0}}}
            )
        },
        "No instance type meets",
    ),
    (
        lambda s: {
            "managedInstancesProvider": settings(
                s,
                template={
                    "instanceRequirements": {**SMALL, "allowedInstanceTypes": ["m*"], "excludedInstanceTypes": ["c*"]}
                },
            )
        },
        "not both",
    ),
    (lambda s: {"managedInstancesProvider": settings(s, template={"capacityOptionType": "RESERVED"})}, "reservations"),
    (lambda s: {"autoScalingGroupProvider": {"autoScalingGroupArn": "g"}}, "either"),
    (lambda s: {"name": "aws-x"}, "name is invalid"),
]


@pytest.mark.parametrize(("change", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_provider_that_cannot_be_is_refused(
    served: Served, change: Callable[[Served], dict[str, Any]], words: str
) -> None:
    given = {"name": "mi", "cluster": "default", "managedInstancesProvider": settings(served), **change(served)}
    given = {key: value for key, value in given.items() if value is not None}
    assert words in refused(served.ecs.create_capacity_provider, **given)


def test_a_template_makes_a_provider_and_takes_it_away(served: Served) -> None:
    template = {
        "Ec2InstanceProfileArn": PROFILE,
        "NetworkConfiguration": {"Subnets": subnets(served)},
        "InstanceRequirements": {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 4096}},
    }
    properties = {
        "Name": "mi",
        "ClusterName": "default",
        "ManagedInstancesProvider": {"InfrastructureRoleArn": ROLE, "InstanceLaunchTemplate": template},
    }
    resource = {"Type": "AWS::ECS::CapacityProvider", "Properties": properties}
    stacks = served.client("cloudformation")
    stacks.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"P": resource}}))
    [shown] = served.ecs.describe_capacity_providers(cluster="default")["capacityProviders"]
    wanted = shown["managedInstancesProvider"]["instanceLaunchTemplate"]["instanceRequirements"]
    assert wanted == {"vCpuCount": {"min": 2}, "memoryMiB": {"min": 4096}}
    stacks.delete_stack(StackName="s")
    assert served.ecs.describe_capacity_providers(cluster="default")["capacityProviders"] == []


def test_definitions_and_strategies_that_cannot_be_are_refused(served: Served) -> None:
    provider(served)
    associate(served, "FARGATE", "mi")
    served.register("plain")
    served.register(**MANAGED)
    call, awsvpc = served.ecs.run_task, network(served)
    assert "launch_type MANAGED_INSTANCES" in refused(call, taskDefinition="plain", capacityProviderStrategy=MINE)
    both = [*MINE, {"capacityProvider": "FARGATE", "weight": 1}]
    said = refused(call, taskDefinition="web", capacityProviderStrategy=both, networkConfiguration=awsvpc)
    assert "both Fargate and Managed Instances" in said
    said = refused(call, taskDefinition="web", launchType="MANAGED_INSTANCES", networkConfiguration=awsvpc)
    assert "capacityProviderStrategy" in said
    said = refused(served.ecs.update_capacity_provider, name="mi", cluster="default", autoScalingGroupProvider={})
    assert "Give managedInstancesProvider" in said


def test_a_definition_for_managed_instances_is_awsvpc_unless_it_says_otherwise(served: Served) -> None:
    arn = served.register(requiresCompatibilities=["MANAGED_INSTANCES"], cpu="256", memory="512")
    shown = served.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    assert shown["networkMode"] == "awsvpc"
    assert "MANAGED_INSTANCES" in shown["compatibilities"]


def test_why_tells_for_which_tasks_an_instance_was_launched(served: Served) -> None:
    provider(served)
    served.register(**MANAGED)
    [arn] = run(served)
    served.until(lambda: served.task(arn).last_status == "RUNNING")
    assert "launches" in " ".join(why(served.lab.backend, arn).sentences)
    instance = own(served)[0]
    about = " ".join(why(served.lab.backend, instance.ec2_instance_id).sentences)
    assert "the cheapest type" in about
    served.ecs.stop_task(task=arn)
    served.until(lambda: not own(served), limit=400)
    assert "idle for 300 s" in " ".join(why(served.lab.backend, instance.arn).sentences)


def test_the_same_lab_launches_the_same_instances(serve: Callable[..., Served]) -> None:
    def story(served: Served) -> list[tuple[str, str]]:
        provider(served)
        served.register(**MANAGED)
        serve_web(served, 5)
        served.until(lambda: served.running("web") == 5)
        return [(e.data["instance_type"], str(len(e.data["tasks"]))) for e in kinds(served, "capacity.launched")]

    served = serve()
    first = story(served)
    served.lab.reset()
    assert story(served)[len(first) :] == first
