"""Network configuration of tasks and services: AWS's rules, checked against moto's EC2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.aws import ec2
from ecslab.errors import InvalidParameterException
from ecslab.model.arn import Place
from ecslab.model.definition import TaskDefinition
from ecslab.model.status import LaunchType, NetworkMode


def check_network(
    place: Place, definition: TaskDefinition, configuration: Mapping[str, Any] | None, launch_type: LaunchType
) -> None:
    """InvalidParameterException for a launch type the definition was not made for, or a wrong network.

    awsvpc needs a networkConfiguration with subnets and security groups of one VPC; every other mode refuses
    one (facts §3; botocore NetworkConfiguration).
    """
    if launch_type is LaunchType.FARGATE and not _fits_fargate(definition):
        raise InvalidParameterException(
            "Task definition does not support launch_type FARGATE. Register it with requiresCompatibilities "
            "FARGATE, networkMode awsvpc, and cpu and memory at the task level."
        )
    if launch_type is LaunchType.MANAGED_INSTANCES and not _fits_managed(definition):
        raise InvalidParameterException(
            "Task definition does not support launch_type MANAGED_INSTANCES. Register it with requiresCompatibilities "
            "MANAGED_INSTANCES and networkMode awsvpc or host."
        )
    if definition.network_mode is not NetworkMode.AWSVPC:
        if configuration:
            raise InvalidParameterException(
                "Network Configuration is not valid for the given networkMode of this task definition. "
                "Leave networkConfiguration out, or register the definition with networkMode awsvpc."
            )
        return
    vpc = (configuration or {}).get("awsvpcConfiguration")
    if not vpc:
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified. "
            "Give networkConfiguration.awsvpcConfiguration with subnets."
        )
    if launch_type is not LaunchType.FARGATE and vpc.get("assignPublicIp") == "ENABLED":
        raise InvalidParameterException(
            "Assign public IP is not supported for this launch type. Only tasks on Fargate get a public address; "
            "leave assignPublicIp out."
        )
    check_vpc(place, vpc)


def _fits_managed(definition: TaskDefinition) -> bool:
    required = definition.requires_compatibilities
    fits = definition.network_mode in (NetworkMode.AWSVPC, NetworkMode.HOST)
    return fits and (not required or "MANAGED_INSTANCES" in required)


def _fits_fargate(definition: TaskDefinition) -> bool:
    return (
        definition.network_mode is NetworkMode.AWSVPC
        and definition.cpu is not None
        and definition.memory is not None
        and (not definition.requires_compatibilities or "FARGATE" in definition.requires_compatibilities)
    )


def check_vpc(place: Place, vpc: Mapping[str, Any]) -> None:
    """InvalidParameterException for subnets or security groups that are not there, too many, or of several VPCs."""
    subnets, groups = vpc.get("subnets") or [], vpc.get("securityGroups") or []
    if not 1 <= len(subnets) <= 16:
        raise InvalidParameterException(f"subnets must have 1 to 16 elements; it has {len(subnets)}.")
    if len(groups) > 5:
        raise InvalidParameterException(f"securityGroups can have at most 5 items; it has {len(groups)}.")
    found = {}
    for subnet_id in subnets:
        subnet = ec2.subnet(place, subnet_id)
        if subnet is None:
            raise InvalidParameterException(
                f"Error retrieving subnet information for [{subnet_id}]: The subnet ID '{subnet_id}' does not exist"
            )
        found[subnet_id] = subnet.vpc_id
    if len(set(found.values())) > 1:
        raise InvalidParameterException(
            "subnets must all belong to the same VPC. `aws ec2 describe-subnets` shows which is in which."
        )
    for group_id in groups:
        _check_group(place, group_id, next(iter(found.values())))


def _check_group(place: Place, group_id: str, vpc_id: str) -> None:
    group = ec2.security_group(place, group_id)
    if group is None:
        raise InvalidParameterException(
            f"Error retrieving security group information for [{group_id}]: "
            f"The security group '{group_id}' does not exist"
        )
    if group.vpc_id != vpc_id:
        raise InvalidParameterException(
            f"Security group {group_id} does not appear to belong to the same VPC as the input subnets."
        )
