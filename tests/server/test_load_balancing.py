"""Claims about services behind load balancers, over the API: targets, health, draining, events, weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}


@dataclass(frozen=True)
class Front:
    """A load balancer with one listener that forwards to a first target group, and a second group beside it."""

    served: Served
    kind: str = "instance"

    @property
    def elb(self) -> Any:
        return self.served.client("elbv2")

    def group(self, name: str, **more: Any) -> str:
        given = {"Protocol": "HTTP", "Port": 80, "TargetType": self.kind, "HealthCheckIntervalSeconds": 10} | more
        vpc = self.served.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
        made = self.elb.create_target_group(Name=name, VpcId=vpc, **given)
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
        self.elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
        return arn

    def listen(self, *groups: str) -> str:
        """The ARN of the rule of a new load balancer that forwards to these groups."""
        subnets = [s["SubnetId"] for s in self.served.client("ec2").describe_subnets()["Subnets"]][:2]
        made = self.elb.create_load_balancer(Name=f"front{len(groups)}", Subnets=subnets)
        forward = {"TargetGroups": [{"TargetGroupArn": g, "Weight": 1 if i == 0 else 0} for i, g in enumerate(groups)]}
        listener = self.elb.create_listener(
            LoadBalancerArn=made["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "ForwardConfig": forward}],
        )["Listeners"][0]["ListenerArn"]
        return str(self.elb.describe_rules(ListenerArn=listener)["Rules"][0]["RuleArn"])

    def health(self, group: str) -> list[tuple[str, str]]:
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [(x["TargetHealth"]["State"], x["TargetHealth"].get("Description", "")) for x in found]

    def states(self, group: str) -> list[str]:
        return [state for state, _ in self.health(group)]

    def weights(self, rule: str) -> list[int]:
        action = self.elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
        return [one["Weight"] for one in action["ForwardConfig"]["TargetGroups"]]


@pytest.fixture
def front(served: Served) -> Front:
    return Front(served)


def definition(served: Served, **container: Any) -> str:
    made = served.ecs.register_task_definition(
        family="web",
        containerDefinitions=[
            {
                "name": "web",
                "image": "ecslab/web:1",
                "memory": 64,
                "portMappings": [{"containerPort": 80}],
                **container,
            }
        ],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def create(front: Front, group: str, count: int = 2, **more: Any) -> Any:
    given = {"taskDefinition": more.pop("taskDefinition", "") or definition(front.served)} | more
    balancer = {"targetGroupArn": group, "containerName": "web", "containerPort": 80} | given.pop("balancer", {})
    return front.served.ecs.create_service(
        serviceName="web", desiredCount=count, launchType="EC2", loadBalancers=[balancer], **given
    )


def steady(served: Served) -> bool:
    return bool(served.lab.backend.store.service("default", "web").steady)


def stopping(served: Served) -> list[Any]:
    return [t for t in served.lab.backend.store.all_tasks() if t.desired_status == "STOPPED"]


def said(served: Served) -> list[str]:
    events = served.ecs.describe_services(services=["web"])["services"][0]["events"]
    return [event["message"].removeprefix("(service web) ") for event in events]


def code(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_running_tasks_are_registered_and_become_healthy_before_the_service_is_steady(front: Front) -> None:
    group = front.group("blue")
    front.listen(group)
    shown = create(front, group)["service"]["loadBalancers"]
    assert shown == [{"targetGroupArn": group, "containerName": "web", "containerPort": 80}]
    front.served.until(lambda: front.states(group) == ["initial", "initial"])
    assert not steady(front.served)
    front.served.until(lambda: steady(front.served), limit=60)
    assert front.states(group) == ["healthy", "healthy"]
    assert f"registered 2 targets in (target-group {group})" in said(front.served)
    ports = {t.containers[0].network_bindings[0].host_port for t in front.served.tasks("web")}
    found = front.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert {x["Target"]["Port"] for x in found} == ports
    assert all(x["Target"]["Id"].startswith("i-") for x in found)


def test_a_task_that_is_scaled_in_drains_before_it_stops(front: Front) -> None:
    group = front.group("blue")
    front.listen(group)
    create(front, group)
    front.served.until(lambda: steady(front.served))
    front.served.ecs.update_service(service="web", desiredCount=1)
    front.served.until(lambda: "draining" in front.states(group))
    leaving = stopping(front.served)[0]
    front.served.lab.timeline.advance(25)
    assert front.served.lab.backend.store.task(leaving.task_arn).last_status == "DEACTIVATING"
    front.served.lab.timeline.advance(10)
    front.served.until(lambda: steady(front.served))
    assert front.states(group) == ["healthy"]
    assert "has begun draining connections on 1 tasks." in said(front.served)
    assert f"deregistered 1 targets in (target-group {group})" in said(front.served)


def test_a_target_that_fails_its_health_checks_is_replaced_and_says_why(front: Front) -> None:
    group = front.group("blue", HealthCheckPath="/no-such-page")
    front.listen(group)
    create(front, group, count=1)
    front.served.until(lambda: "unhealthy" in front.states(group), limit=120)
    assert ("unhealthy", "Health checks failed with these codes: [404]") in front.health(group)
    front.served.until(lambda: bool(stopping(front.served)), limit=300)
    assert stopping(front.served)[0].stopped_reason == f"Task failed ELB health checks in (target-group {group})"
    assert any(m.endswith("due to (reason Health checks failed with these codes: [404])") for m in said(front.served))


def test_the_grace_period_spares_a_target_that_is_not_yet_healthy(front: Front) -> None:
    group = front.group("blue", HealthCheckPath="/no-such-page")
    front.listen(group)
    create(front, group, count=1, healthCheckGracePeriodSeconds=600)
    front.served.until(lambda: "unhealthy" in front.states(group), limit=120)
    front.served.lab.timeline.advance(400)
    assert len(front.served.tasks("web")) == 1
    front.served.lab.timeline.advance(300)
    assert len(front.served.tasks("web")) == 2, "its replacement is started first"


def test_the_circuit_breaker_goes_back_when_targets_of_the_new_definition_fail(front: Front) -> None:
    group = front.group("blue", HealthCheckPath="/")
    front.listen(group)
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    good = definition(front.served)
    create(front, group, count=1, taskDefinition=good, deploymentConfiguration=breaker)
    front.served.until(lambda: steady(front.served))
    bad = definition(front.served, image="ecslab/worker:1", command=["sleep", "86400"])
    front.served.ecs.update_service(service="web", taskDefinition=bad)
    front.served.until(
        lambda: front.served.lab.backend.store.service("default", "web").task_definition == good, limit=3600
    )
    front.served.until(lambda: steady(front.served), limit=600)
    assert front.states(group) == ["healthy"]


def test_awsvpc_tasks_are_registered_by_their_own_address(served: Served) -> None:
    front = Front(served, kind="ip")
    group = front.group("blue")
    front.listen(group)
    served.ecs.register_task_definition(
        family="fargate",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": "ecslab/web:1", "portMappings": [{"containerPort": 80}]}],
    )
    subnet = served.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    served.ecs.create_service(
        serviceName="web",
        taskDefinition="fargate",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
        loadBalancers=[{"targetGroupArn": group, "containerName": "web", "containerPort": 80}],
    )
    served.until(lambda: front.states(group) == ["healthy"], limit=120)
    target = front.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["Target"]
    assert target == {"Id": served.tasks("web")[0].eni.private_ip, "Port": 80}


def test_what_cannot_be_balanced_is_refused_and_nothing_is_made(front: Front) -> None:
    group, ip = front.group("blue"), Front(front.served, kind="ip").group("addresses")
    orphan = code(create, front=front, group=group)
    assert orphan[0] == "InvalidParameterException"
    assert "does not have an associated load balancer" in orphan[1]
    front.listen(group, ip)
    assert "incompatible with the bridge network mode" in code(create, front=front, group=ip)[1]
    assert "does not exist" in code(create, front=front, group=group.replace("blue", "green"))[1]
    wrong = code(create, front=front, group=group, balancer={"containerName": "nginx"})[1]
    assert "The container nginx does not exist in the task definition. It has: web." in wrong
    wrong = code(create, front=front, group=group, balancer={"containerPort": 8080})[1]
    assert "did not have a container port 8080 defined" in wrong
    shifting = code(create, front=front, group=group, deploymentConfiguration=BLUE_GREEN)[1]
    assert "alternateTargetGroupArn, productionListenerRule, roleArn" in shifting
    classic = {"loadBalancerName": "old"}
    assert code(create, front=front, group=group, balancer=classic)[0] == "UnsupportedFeatureException"
    assert front.served.ecs.list_services()["serviceArns"] == []


def test_blue_green_moves_the_weights_of_the_listener_rule_and_back_at_the_next_deployment(front: Front) -> None:
    blue, green = front.group("blue"), front.group("green")
    rule = front.listen(blue, green)
    role = front.served.client("iam").create_role(RoleName="infra", AssumeRolePolicyDocument=json.dumps(TRUST))
    advanced = {
        "alternateTargetGroupArn": green,
        "productionListenerRule": rule,
        "roleArn": role["Role"]["Arn"],
    }
    create(front, blue, balancer={"advancedConfiguration": advanced}, deploymentConfiguration=BLUE_GREEN)
    front.served.until(lambda: steady(front.served), limit=300)
    assert (front.weights(rule), front.states(blue), front.states(green)) == ([100, 0], ["healthy"] * 2, [])
    for weights, full, empty in (([0, 100], green, blue), ([100, 0], blue, green)):
        front.served.ecs.update_service(service="web", taskDefinition=definition(front.served))
        front.served.until(lambda full=full: front.states(full) == ["healthy"] * 2, limit=300)  # type: ignore[misc]
        assert front.weights(rule) == weights[::-1]
        front.served.until(lambda weights=weights: front.weights(rule) == weights, limit=300)  # type: ignore[misc]
        assert front.states(empty) == ["healthy"] * 2
        front.served.until(lambda: steady(front.served), limit=900)
        front.served.until(lambda empty=empty: front.states(empty) == [], limit=300)  # type: ignore[misc]


def test_a_target_group_is_empty_when_its_service_has_been_deleted(front: Front) -> None:
    group = front.group("blue")
    front.listen(group)
    create(front, group)
    front.served.until(lambda: steady(front.served))
    front.served.ecs.delete_service(service="web", force=True)
    front.served.until(lambda: front.states(group) == [], limit=120)
    found = front.served.ecs.describe_services(services=["web"])["services"][0]
    assert (found["status"], found["runningCount"]) == ("INACTIVE", 0)
