"""EC2 instances that ECS launches itself (Amazon ECS Managed Instances), over moto's EC2.

It launches what it is told to and decides nothing; which instance belongs to which capacity provider is written on the
instance as a tag. Invariant: a managed instance has both tags from its launch on. Only x86_64 types are offered: every
task of a lab runs on this machine. The names of the tags are ours.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ecslab.aws import ec2
from ecslab.model.arn import Place
from ecslab.model.managed_instances import InstanceType

CLUSTER_TAG, PROVIDER_TAG = "aws:ecs:clusterName", "aws:ecs:capacityProviderName"
MAKERS = {"Intel": "intel", "AMD": "amd", "AWS": "amazon-web-services"}
ACCELERATORS = ("GpuInfo", "FpgaInfo", "InferenceAcceleratorInfo", "NeuronInfo", "MediaAcceleratorInfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One instance to launch for a capacity provider."""

    cluster: str
    provider: str
    instance_type: str
    subnet: str
    security_groups: Sequence[str] = ()
    spot: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


def launch(place: Place, order: Order) -> str:
    """Launch one instance; its id."""
    draining = "\necho ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config" if order.spot else ""
    data = f"#!/bin/bash\necho ECS_CLUSTER={order.cluster} >> /etc/ecs/ecs.config{draining}\n"
    more: dict[str, Any] = {"instance_market_options": {"MarketType": "spot"}} if order.spot else {}
    reservation = ec2.backend_of(place).run_instances(
        ec2.AMI,
        1,
        base64.b64encode(data.encode()).decode(),
        [],
        instance_type=order.instance_type,
        is_instance_type_default=False,
        region_name=place.region,
        subnet_id=order.subnet,
        security_group_ids=list(order.security_groups),
        tags={"instance": {**order.tags, CLUSTER_TAG: order.cluster, PROVIDER_TAG: order.provider}},
        **more,
    )
    return str(reservation.instances[0].id)


def provider_of(place: Place, instance_id: str) -> str:
    """The capacity provider that an instance was launched for; empty where it is nobody's."""
    return str((ec2.backend_of(place).tags.get(instance_id) or {}).get(PROVIDER_TAG, ""))


@cache
def catalogue() -> tuple[InstanceType, ...]:
    """Every instance type that a lab can launch."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    found = (_read(name, facts) for name, facts in sorted(INSTANCE_TYPES.items()))
    return tuple(kind for kind in found if kind is not None)


def _read(name: str, facts: Mapping[str, Any]) -> InstanceType | None:
    processor = facts.get("ProcessorInfo") or {}
    if "x86_64" not in (processor.get("SupportedArchitectures") or ()) or name.startswith("mac"):
        return None
    ebs = (facts.get("EbsInfo") or {}).get("EbsOptimizedInfo") or {}
    return InstanceType(
        name=name,
        vcpus=facts["VCpuInfo"]["DefaultVCpus"],
        memory=facts["MemoryInfo"]["SizeInMiB"],
        interfaces=facts["NetworkInfo"]["MaximumNetworkInterfaces"],
        manufacturer=MAKERS.get(str(processor.get("Manufacturer")), "intel"),
        current=bool(facts.get("CurrentGeneration")),
        bare_metal=bool(facts.get("BareMetal")),
        burstable=bool(facts.get("BurstablePerformanceSupported")),
        hibernates=bool(facts.get("HibernationSupported")),
        accelerated=any(facts.get(part) for part in ACCELERATORS),
        disk=float((facts.get("InstanceStorageInfo") or {}).get("TotalSizeInGB") or 0),
        ebs_mbps=float(ebs.get("BaselineBandwidthInMbps") or 0),
    )
