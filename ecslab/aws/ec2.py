"""EC2 as the lab uses it: subnets, security groups and instances, in moto's backend."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.model.arn import Place

VISIBLE_MEMORY = 7985 / 8192
"""The share of an instance's memory that its operating system sees and the agent registers.

From the one measured value in the documentation: an m4.large (8 GiB) registers 7985 MiB (facts §7). Other
types differ by a few MiB on AWS.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ec2Instance:
    """An EC2 instance that wants to join a cluster (``ECS_CLUSTER`` in its user data)."""

    instance_id: str
    cluster: str
    instance_type: str
    cpu: int
    memory: int
    eni_limit: int
    availability_zone: str
    private_ip: str
    attributes: Mapping[str, str]
    spot_draining: bool = False
    """``ECS_ENABLE_SPOT_INSTANCE_DRAINING=true`` in its user data."""


def backend_of(place: Place) -> Any:
    """moto's EC2 of an account and region."""
    from moto.ec2.models import ec2_backends

    return ec2_backends[place.account][place.region]


def subnet(place: Place, subnet_id: str) -> Any:
    """The subnet of that id, or None."""
    for by_zone in backend_of(place).subnets.values():
        if subnet_id in by_zone:
            return by_zone[subnet_id]
    return None


def is_public(place: Place, found: Any) -> bool:
    """Whether a subnet gives its interfaces public addresses, or has a route to an internet gateway."""
    if str(found.map_public_ip_on_launch).lower() == "true":
        return True
    tables = [table for table in backend_of(place).route_tables.values() if table.vpc_id == found.vpc_id]
    own = [t for t in tables if found.id in [a.get("SubnetId") for a in t.associations]]
    routes = [route for t in own or [t for t in tables if t.main_association_id] for route in t.routes]
    return any(str(route.gateway_id or "").startswith("igw-") for route in routes)


def security_group(place: Place, group_id: str) -> Any:
    """The security group of that id, or None."""
    return backend_of(place).get_security_group_from_id(group_id)


def default_subnets(place: Place) -> list[str]:
    """Ids of the default VPC's subnets, by availability zone."""
    found = [s for zone in backend_of(place).subnets.values() for s in zone.values() if s.default_for_az]
    return [s.id for s in sorted(found, key=lambda s: str(s.availability_zone))]


def zone_of(place: Place, subnet_id: str) -> str:
    """The availability zone of a subnet."""
    found = subnet(place, subnet_id)
    return str(found.availability_zone) if found else f"{place.region}a"


def run_instances(place: Place, *, cluster: str, count: int, instance_type: str) -> list[str]:
    """Launch EC2 instances that join ``cluster``, spread over the default subnets; their ids."""
    subnets = default_subnets(place)
    data = base64.b64encode(f"#!/bin/bash\necho ECS_CLUSTER={cluster} >> /etc/ecs/ecs.config\n".encode()).decode()
    known = len(joining(place))
    ids = []
    for number in range(count):
        reservation = backend_of(place).run_instances(
            "ami-12c6146b",
            1,
            data,
            [],
            instance_type=instance_type,
            is_instance_type_default=False,
            region_name=place.region,
            subnet_id=subnets[(known + number) % len(subnets)],
        )
        ids.append(reservation.instances[0].id)
    return ids


def instance_types(place: Place) -> Any:
    """moto's catalogue of instance types, by name."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    return INSTANCE_TYPES


def joining(place: Place) -> list[Ec2Instance]:
    """Every running EC2 instance whose user data names a cluster."""
    found = []
    for reservation in backend_of(place).reservations.values():
        for instance in reservation.instances:
            cluster = _setting(instance.user_data, "ECS_CLUSTER")
            if cluster and instance.state == "running":
                found.append(_describe(place, instance, cluster))
    return found


def _setting(user_data: Any, name: str) -> str:
    """A setting of the agent from user data, plain or base64; empty where it is not set."""
    text = str(user_data or "")
    if text and "ECS_" not in text:
        try:
            text = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, ValueError):
            return ""
    match = re.search(rf"\b{name}=[\"']?([A-Za-z0-9_-]+)", text)
    return match[1] if match else ""


def _describe(place: Place, instance: Any, cluster: str) -> Ec2Instance:
    facts = instance_types(place)[instance.instance_type]
    zone = str(instance.placement) if isinstance(instance.placement, str) else zone_of(place, instance.subnet_id)
    return Ec2Instance(
        instance_id=instance.id,
        cluster=cluster,
        instance_type=instance.instance_type,
        cpu=facts["VCpuInfo"]["DefaultVCpus"] * 1024,
        memory=int(facts["MemoryInfo"]["SizeInMiB"] * VISIBLE_MEMORY),
        eni_limit=facts["NetworkInfo"]["MaximumNetworkInterfaces"] - 1,
        availability_zone=zone,
        private_ip=instance.private_ip,
        attributes=_attributes(instance, zone),
        spot_draining=_setting(instance.user_data, "ECS_ENABLE_SPOT_INSTANCE_DRAINING").lower() == "true",
    )


def _attributes(instance: Any, zone: str) -> dict[str, str]:
    return {
        "ecs.ami-id": instance.image_id,
        "ecs.availability-zone": zone,
        "ecs.instance-type": instance.instance_type,
        "ecs.os-type": "linux",
        "ecs.cpu-architecture": "x86_64",
        "ecs.subnet-id": instance.subnet_id or "",
    }


def terminate(place: Place, instance_ids: Sequence[str]) -> None:
    """Terminate EC2 instances."""
    backend_of(place).terminate_instances(list(instance_ids))
