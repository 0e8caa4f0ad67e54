"""What templates with ECS need of moto's CloudFormation beyond our own resources (``aws.ecs.cloudformation``).

Five things that AWS does and moto does not: the ARN of a log group ends with ``:*``, so that policies made from it
allow its streams; a service is updated when a task definition it refers to has a new revision; a route table and a
target group are deleted with their stack; a rule for outgoing traffic of a security group is made. Each is a small
correction of moto, which ``tests/server/test_cdk.py`` holds by what a CDK stack does. Source: CloudFormation Template
Reference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

REPLACED = "AWS::ECS::TaskDefinition"
"""A change of one is another: everything that refers to it changes, too."""
CLASSES: list[type] = []
"""The resources that moto has been given: made once, and kept alive."""


def install() -> None:
    """Correct moto's log groups and give it our resources, without importing its CloudFormation."""
    from moto.logs.models import LogGroup

    LogGroup.get_cfn_attribute = _log_group_attribute
    if not CLASSES:
        CLASSES.extend((_route_table(), _target_group(), _egress()))


def _log_group_attribute(self: Any, attribute_name: str) -> str:
    from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

    if attribute_name != "Arn":
        raise UnformattedGetAttTemplateException()
    return f"{self.arn.removesuffix(':*')}:*"


def follow_references() -> None:
    """Have moto's stacks update what refers to a replaced resource; once, when they are first used."""
    stacks = sys.modules["moto.cloudformation.parsing"].ResourceMap
    if stacks.build_resource_diff.__module__ != __name__:
        stacks.build_resource_diff = _with_dependents(stacks.build_resource_diff)


def _with_dependents(diff: Callable[..., dict[str, list[str]]]) -> Callable[..., dict[str, list[str]]]:
    def changed(self: Any, other_template: Mapping[str, Any], parameters: Any = None) -> dict[str, list[str]]:
        found = diff(self, other_template, parameters)
        resources, known = other_template["Resources"], self._resource_json_map
        modified = [name for name in found["Modify"] if _whole(resources[name]) != _whole(known[name])]
        replaced = {name for name in modified if resources[name]["Type"] == REPLACED}
        for name, resource in resources.items():
            if name in known and name not in modified and replaced & _references(resource):
                modified.append(name)
        modified.sort(key=lambda name: name not in replaced)  # who refers to them must find the new ones
        return {**found, "Modify": modified}

    changed.__module__ = __name__
    return changed


def _whole(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource as moto writes it down: with properties, though it has none."""
    return {**resource, "Properties": resource.get("Properties") or {}}


def _references(part: Any) -> set[str]:
    """Logical names that a piece of a template refers to."""
    if isinstance(part, list):
        return set().union(*map(_references, part))
    if not isinstance(part, dict):
        return set()
    if isinstance(part.get("Ref"), str):
        return {part["Ref"]}
    got = part.get("Fn::GetAtt")
    if got:
        return {got[0] if isinstance(got, list) else str(got).split(".")[0]}
    return set().union(*map(_references, part.values()))


def _ec2(account: str, region: str) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[account][region]


def _route_table() -> type:
    from moto.core.common_models import CloudFormationModel
    from moto.ec2.models.route_tables import RouteTable

    class StackRouteTable(RouteTable, CloudFormationModel):  # type: ignore[misc]  # named again: moto looks for it
        """AWS::EC2::RouteTable, as moto makes it; deleted with its associations."""

        @classmethod
        def delete_from_cloudformation_json(cls, resource_name: str, given: Any, account: str, region: str) -> None:
            ec2 = _ec2(account, region)
            table = ec2.route_tables.get(resource_name)
            for association in tuple(table._associations) if table is not None else ():
                ec2.disassociate_route_table(association)
            if table is not None:
                ec2.delete_route_table(resource_name)

    return StackRouteTable


def _target_group() -> type:
    from moto.core.common_models import CloudFormationModel
    from moto.elbv2.models import FakeTargetGroup, elbv2_backends

    class StackTargetGroup(FakeTargetGroup, CloudFormationModel):  # type: ignore[misc]
        """AWS::ElasticLoadBalancingV2::TargetGroup, as moto makes it; deleted when no listener forwards to it."""

        @classmethod
        def delete_from_cloudformation_json(cls, resource_name: str, given: Any, account: str, region: str) -> None:
            backend = elbv2_backends[account][region]
            if resource_name in backend.target_groups:
                backend.delete_target_group(resource_name)

    return StackTargetGroup


def _egress() -> type:
    from moto.core.common_models import CloudFormationModel

    class SecurityGroupEgress(CloudFormationModel):  # type: ignore[misc]
        """AWS::EC2::SecurityGroupEgress."""

        def __init__(self, physical_resource_id: str) -> None:
            self.physical_resource_id = physical_resource_id

        @staticmethod
        def cloudformation_name_type() -> str:
            return ""

        @staticmethod
        def cloudformation_type() -> str:
            return "AWS::EC2::SecurityGroupEgress"

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
        ) -> Any:
            rule = _rule(cloudformation_json["Properties"])
            made, _ = _ec2(account_id, region_name).authorize_security_group_egress(**rule)
            return cls(str(made[0].id) if made else resource_name)

        @classmethod
        def delete_from_cloudformation_json(cls, resource_name: str, given: Any, account: str, region: str) -> None:
            ec2, rule = _ec2(account, region), _rule(given["Properties"])
            if ec2.get_security_group_by_name_or_id(rule["group_name_or_id"]) is not None:
                ec2.revoke_security_group_egress(**rule)

        def is_created(self) -> bool:
            return True

    return SecurityGroupEgress


def _rule(given: Mapping[str, Any]) -> dict[str, Any]:
    target, cidr = given.get("DestinationSecurityGroupId"), given.get("CidrIp")
    return {
        "group_name_or_id": given["GroupId"],
        "ip_protocol": str(given["IpProtocol"]),
        "from_port": given.get("FromPort"),
        "to_port": given.get("ToPort"),
        "ip_ranges": [{"CidrIp": cidr, "Description": given.get("Description", "")}] if cidr else [],
        "source_groups": [{"GroupId": target}] if target else [],
    }
