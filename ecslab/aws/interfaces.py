"""The network interfaces of awsvpc tasks, in moto's EC2: which subnet, whose, attached to what.

Invariant: an interface is in a subnet of the task's own availability zone, and is gone when ``delete_eni`` returns.
Sources: Amazon ECS Developer Guide, "Task networking" (one interface for each task, in the zone of its instance;
public addresses on Fargate only); EC2 API Reference, NetworkInterface.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ecslab.aws import ec2
from ecslab.errors import ResourceInitializationError
from ecslab.model.arn import Place
from ecslab.model.network import Eni


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The interface to be made for a task. ``network`` is its networkConfiguration; ``instance`` an EC2 id or empty."""

    network: Mapping[str, Any]
    attachment_id: str
    zone: str
    instance: str = ""
    now: float = 0.0


@dataclass(slots=True)
class _Attachment:
    """As DescribeNetworkInterfaces shows it."""

    attachment_id: str
    attach_time: datetime
    instance_id: str | None
    instance_owner_id: str
    device_index: int = 1
    network_card_index: int = 0
    delete_on_termination: bool = False
    status: str = "attached"


def zones_of(place: Place, network: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The availability zones of a networkConfiguration's subnets, in their order, each once."""
    subnets = ((network or {}).get("awsvpcConfiguration") or {}).get("subnets") or ()
    return tuple(dict.fromkeys(ec2.zone_of(place, subnet) for subnet in subnets))


def create_eni(place: Place, order: Order) -> Eni:
    """Create the interface in a subnet of the task's zone. ResourceInitializationError where that subnet is gone."""
    vpc = order.network["awsvpcConfiguration"]
    found = [subnet for name in vpc["subnets"] if (subnet := ec2.subnet(place, name)) is not None]
    if not found:
        raise ResourceInitializationError(f"the subnet {vpc['subnets'][0]} is gone. Use a subnet that exists.")
    home = next((s for s in found if s.availability_zone == order.zone), found[0])
    backend = ec2.backend_of(place)
    eni = _interface_of(backend, home, vpc, order)
    backend.enis[eni.id] = eni
    return Eni(
        eni_id=eni.id,
        attachment_id=order.attachment_id,
        private_ip=eni.private_ip_address,
        mac_address=eni.mac_address,
        subnet_id=home.id,
        vpc_id=home.vpc_id,
        vpc_cidr=str(backend.vpcs[home.vpc_id].cidr_block),
        subnet_cidr=str(home.cidr_block),
        security_groups=tuple(g.id for g in eni.group_set),
        public_ip=eni.public_ip or "",
    )


def _interface_of(backend: Any, subnet: Any, vpc: Mapping[str, Any], order: Order) -> Any:
    """moto's interface, as one that ECS manages for a task: in use, and nobody's to detach."""
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface

    class TaskInterface(NetworkInterface):  # type: ignore[misc]
        """moto's attachment needs an EC2 instance, which a task on Fargate has not."""

        @property
        def attachment(self) -> _Attachment:
            return attached

    eni = TaskInterface(
        backend,
        subnet,
        None,
        public_ip_auto_assign=vpc.get("assignPublicIp") == "ENABLED",
        group_ids=list(vpc.get("securityGroups") or ()),
        description=f"arn:aws:ecs:{backend.region_name}:{backend.account_id}:attachment/{order.attachment_id}",
    )
    eni.requester_managed, eni.status = True, "in-use"
    attached = _Attachment(
        attachment_id=f"{'eni' if order.instance else 'ela'}-attach-{eni.id.removeprefix('eni-')}",
        attach_time=datetime.fromtimestamp(order.now, UTC),
        instance_id=order.instance or None,
        instance_owner_id=backend.account_id if order.instance else "amazon-ecs",
    )
    return eni


def delete_eni(place: Place, eni_id: str) -> None:
    """Delete a network interface; nothing happens when it is gone already."""
    backend = ec2.backend_of(place)
    if eni_id in backend.enis:
        backend.delete_network_interface(eni_id)
