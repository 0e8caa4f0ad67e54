"""Claims about ECS resources in CloudFormation templates, over HTTP on a served simulated lab."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served


def template(version: str = "1", count: int = 2, **more: Any) -> str:
    container = {
        "Name": "web",
        "Image": "ecslab/web:1",
        "PortMappings": [{"ContainerPort": 80}],
        "Environment": [{"Name": "VERSION", "Value": version}],
        "DockerLabels": {"Keep.My-Case": "yes"},
    }
    subnets = {"Fn::Split": [",", {"Ref": "Subnets"}]}
    resources = {
        "Cluster": {
            "Type": "AWS::ECS::Cluster",
            "Properties": {"ClusterName": "stack", "CapacityProviders": ["FARGATE", "FARGATE_SPOT"]},
        },
        "Definition": {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {
                "Family": "stacked",
                "Cpu": "256",
                "Memory": "512",
                "NetworkMode": "awsvpc",
                "RequiresCompatibilities": ["FARGATE"],
                "ContainerDefinitions": [container],
            },
        },
        "Service": {
            "Type": "AWS::ECS::Service",
            "Properties": {
                "ServiceName": "web",
                "Cluster": {"Ref": "Cluster"},
                "TaskDefinition": {"Ref": "Definition"},
                "DesiredCount": str(count),
                "LaunchType": "FARGATE",
                "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": subnets, "AssignPublicIp": "ENABLED"}},
                "Tags": [{"Key": "team", "Value": "blue"}],
                **more,
            },
        },
    }
    outputs = {
        "Name": {"Value": {"Fn::GetAtt": ["Service", "Name"]}},
        "Cluster": {"Value": {"Fn::GetAtt": ["Cluster", "Arn"]}},
    }
    return json.dumps({"Parameters": {"Subnets": {"Type": "String"}}, "Resources": resources, "Outputs": outputs})


def parameters(served: Served) -> list[dict[str, str]]:
    found = [s["SubnetId"] for s in served.client("ec2").describe_subnets()["Subnets"]][:2]
    return [{"ParameterKey": "Subnets", "ParameterValue": ",".join(found)}]


def running(served: Served) -> int:
    tasks = served.lab.backend.store.tasks_of_service("stack", "web")
    return sum(t.last_status == "RUNNING" and t.desired_status == "RUNNING" for t in tasks)


def test_a_stack_gives_running_tasks_is_changed_and_leaves_nothing(served: Served) -> None:
    cfn = served.client("cloudformation")
    given = parameters(served)
    cfn.create_stack(StackName="shop", TemplateBody=template(), Parameters=given)
    served.until(lambda: running(served) == 2)
    outputs = {o["OutputKey"]: o["OutputValue"] for o in cfn.describe_stacks(StackName="shop")["Stacks"][0]["Outputs"]}
    assert outputs == {"Name": "web", "Cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/stack"}
    shown = served.ecs.describe_services(cluster="stack", services=["web"], include=["TAGS"])["services"][0]
    assert shown["tags"] == [{"key": "team", "value": "blue"}]
    made = served.ecs.describe_task_definition(taskDefinition="stacked")["taskDefinition"]["containerDefinitions"][0]
    assert made["dockerLabels"] == {"Keep.My-Case": "yes"}
    cfn.update_stack(StackName="shop", TemplateBody=template("2", 3), Parameters=given)
    newest = served.ecs.describe_task_definition(taskDefinition="stacked")["taskDefinition"]
    assert (newest["revision"], newest["containerDefinitions"][0]["environment"][0]["value"]) == (2, "2")
    arn = newest["taskDefinitionArn"]

    def deployed() -> bool:
        tasks = [t for t in served.lab.backend.store.tasks("stack") if t.desired_status == "RUNNING"]
        return {t.task_definition_arn for t in tasks} == {arn} and running(served) == 3

    served.until(deployed, limit=300)
    cfn.delete_stack(StackName="shop")
    served.until(lambda: served.lab.backend.clusters["stack"].status == "INACTIVE", limit=300)
    assert running(served) == 0


def test_what_ecs_refuses_the_stack_refuses_in_the_same_words(served: Served) -> None:
    cfn = served.client("cloudformation")
    bad = template(SchedulingStrategy="DAEMON")
    with pytest.raises(ClientError, match="daemon scheduling strategy is not supported for the Fargate"):
        cfn.create_stack(StackName="shop", TemplateBody=bad, Parameters=parameters(served))
    assert served.lab.backend.store.services("stack") == ()


def test_a_capacity_provider_and_its_association_come_from_a_template(served: Served) -> None:
    from tests.server.test_capacity import group

    arn = group(served, size=1)
    resources = {
        "Provider": {
            "Type": "AWS::ECS::CapacityProvider",
            "Properties": {
                "Name": "workers",
                "AutoScalingGroupProvider": {
                    "AutoScalingGroupArn": arn,
                    "ManagedScaling": {"Status": "ENABLED", "TargetCapacity": 80},
                },
            },
        },
        "Associations": {
            "Type": "AWS::ECS::ClusterCapacityProviderAssociations",
            "Properties": {
                "Cluster": "default",
                "CapacityProviders": [{"Ref": "Provider"}],
                "DefaultCapacityProviderStrategy": [{"CapacityProvider": {"Ref": "Provider"}, "Weight": 1}],
            },
        },
    }
    cfn = served.client("cloudformation")
    cfn.create_stack(StackName="capacity", TemplateBody=json.dumps({"Resources": resources}))
    shown = served.ecs.describe_clusters(clusters=["default"])["clusters"][0]
    assert shown["capacityProviders"] == ["workers"]
    assert shown["defaultCapacityProviderStrategy"] == [{"capacityProvider": "workers", "weight": 1, "base": 0}]
    cfn.delete_stack(StackName="capacity")
    assert served.ecs.describe_clusters(clusters=["default"])["clusters"][0]["capacityProviders"] == []
