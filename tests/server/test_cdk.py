"""Claims about aws-cdk-lib's ApplicationLoadBalancedFargateService: its template deploys, updates and deletes.

A template that the CDK made is kept beside the app; where the CDK is installed it makes another, which must do as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Served

APP = Path(__file__).parent / "cdk" / "app.py"
SOURCES = ["recorded", pytest.param("synthesised", marks=[pytest.mark.cdk, pytest.mark.slow])]


@pytest.fixture(params=SOURCES)
def template(request: pytest.FixtureRequest) -> str:
    if request.param == "recorded":
        return APP.with_name("template.json").read_text()
    made = subprocess.run([sys.executable, str(APP)], capture_output=True, text=True, timeout=300, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    return made.stdout


class Stack:
    """A stack of the template in a served lab."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.stacks = served.client("cloudformation")
        self.elb = served.client("elbv2")

    def resources(self, kind: str) -> list[str]:
        found = self.stacks.describe_stack_resources(StackName="Shop")["StackResources"]
        return [x["PhysicalResourceId"] for x in found if x["ResourceType"] == kind]

    @property
    def service(self) -> Any:
        arn = self.resources("AWS::ECS::Service")[0]
        return self.served.ecs.describe_services(cluster=arn.split("/")[1], services=[arn])["services"][0]

    def healthy(self) -> list[str]:
        group = self.elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [x["Target"]["Id"] for x in found if x["TargetHealth"]["State"] == "healthy"]

    def settled(self) -> bool:
        deployments = self.service["deployments"]
        return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"


def test_the_stack_deploys_updates_and_deletes(served: Served, template: str) -> None:
    stack = Stack(served)
    vpcs = served.client("ec2").describe_vpcs()["Vpcs"]
    stack.stacks.create_stack(StackName="Shop", TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    (outputs,) = (s["Outputs"] for s in stack.stacks.describe_stacks(StackName="Shop")["Stacks"])
    assert any(o["OutputValue"].startswith("http://") for o in outputs)
    served.until(stack.settled, limit=600)
    first = stack.healthy()
    assert (stack.service["runningCount"], len(first)) == (2, 2)
    assert all(address.startswith("10.0.") for address in first), "the tasks are in the stack's own VPC"
    version = {"Name": "VERSION", "Value": "1"}
    changed = json.loads(template)
    definition = next(r for r in changed["Resources"].values() if r["Type"] == "AWS::ECS::TaskDefinition")
    container = definition["Properties"]["ContainerDefinitions"][0]
    assert container["Environment"] == [version]
    container["Environment"] = [version | {"Value": "2"}]
    stack.stacks.update_stack(StackName="Shop", TemplateBody=json.dumps(changed), Capabilities=["CAPABILITY_IAM"])
    assert stack.service["taskDefinition"].endswith(":2"), "the service follows its task definition"
    served.until(stack.settled, limit=1200)
    served.until(lambda: not set(first) & set(stack.healthy()), limit=600)
    assert len(stack.healthy()) == 2
    stack.stacks.delete_stack(StackName="Shop")
    served.until(lambda: len(served.ecs.list_clusters()["clusterArns"]) == 1, limit=1200)
    assert stack.elb.describe_target_groups()["TargetGroups"] == []
    assert stack.elb.describe_load_balancers()["LoadBalancers"] == []
    assert served.client("ec2").describe_vpcs()["Vpcs"] == vpcs
    left = served.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert not [eni["Description"] for eni in left if eni["Description"].startswith("arn:aws:ecs")]
    assert not served.lab.journal.read(kind="error")
