"""EC2 Auto Scaling groups as ECS sees them, over moto's ``autoscaling``.

moto's groups launch and terminate through an EC2 backend; ours stands in between. It spreads a group's instances over
the group's subnets (moto puts all into the first), lets ECS keep an instance until its tasks are gone (managed
draining), and tells when instances came or went. It decides nothing else.
Source: Amazon EC2 Auto Scaling User Guide, "Availability Zone distribution" and "Lifecycle hooks".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecslab.aws import ec2
from ecslab.model.arn import Place

GROUP_TAG = "aws:autoscaling:groupName"


class GroupEc2:
    """The EC2 backend that moto's Auto Scaling groups get: all of moto's own but launching and terminating."""

    def __init__(self, moto: Any) -> None:
        self._moto = moto
        self.hold: Callable[[str], bool] = lambda instance_id: False
        """Asked of each instance a group would terminate: whether ECS drains it first and terminates it itself."""
        self.changed: Callable[[], None] = lambda: None
        """Told after instances were launched or terminated."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._moto, name)

    def run_instances(self, image_id: str, count: int, user_data: Any, security_groups: Any, **given: Any) -> Any:
        """Launch a group's instances one by one, each in the zone that has the fewest of the group's."""
        place = Place(account=self._moto.account_id, region=self._moto.region_name)
        name = ((given.get("tags") or {}).get("instance") or {}).get(GROUP_TAG, "")
        subnets = _subnets(place, name)
        whole: Any = None
        for _ in range(count):
            if subnets:
                given["subnet_id"] = _emptiest(place, name, subnets)
                given["placement"] = ec2.zone_of(place, given["subnet_id"])
            one = self._moto.run_instances(image_id, 1, user_data, security_groups, **given)
            if whole is None:
                whole = one
            else:
                whole.instances += one.instances
                self._moto.reservations.pop(one.id, None)
        self.changed()
        return whole

    def terminate_instances(self, instance_ids: list[str]) -> Any:
        """Terminate the instances that ECS does not keep for now."""
        gone = [instance_id for instance_id in instance_ids if not self.hold(instance_id)]
        found = self._moto.terminate_instances(gone) if gone else []
        self.changed()
        return found


def install() -> None:
    """Give moto's Auto Scaling backends an EC2 of ours; before they are made."""
    from moto.autoscaling.models import AutoScalingBackend
    from moto.backends import get_backend
    from moto.ec2.models import ec2_backends

    class LabAutoScalingBackend(AutoScalingBackend):  # type: ignore[misc]
        """moto's, with our EC2 behind its groups."""

        def __init__(self, region_name: str, account_id: str) -> None:
            super().__init__(region_name, account_id)
            self.ec2_backend = GroupEc2(ec2_backends[account_id][region_name])

        def create_auto_scaling_group(self, name: str, desired_capacity: Any = None, **given: Any) -> Any:
            """Create it empty and fill it then: while moto makes a group, nobody can know its subnets yet."""
            made = super().create_auto_scaling_group(name=name, desired_capacity=0, **given)
            made.set_desired_capacity(None if desired_capacity is None else int(desired_capacity))
            return made

    LabAutoScalingBackend.__module__ = AutoScalingBackend.__module__
    get_backend("autoscaling").backend = LabAutoScalingBackend


def backend_of(place: Place) -> Any:
    """moto's Auto Scaling of an account and region."""
    from moto.autoscaling.models import autoscaling_backends

    return autoscaling_backends[place.account][place.region]


def group(place: Place, name_or_arn: str) -> Any:
    """The Auto Scaling group of that name or ARN, or None."""
    groups = backend_of(place).autoscaling_groups.values()
    return next((g for g in groups if name_or_arn in (g.name, g.arn)), None)


def group_of(place: Place, instance_id: str) -> Any:
    """The Auto Scaling group of an EC2 instance, or None."""
    for found in backend_of(place).autoscaling_groups.values():
        if any(state.instance.id == instance_id for state in found.instance_states):
            return found
    return None


def protect(place: Place, instance_id: str, *, protected: bool) -> bool:
    """Protect an instance of a group from scale-in, or no longer; whether that changed anything."""
    found = group_of(place, instance_id)
    for state in found.instance_states if found is not None else ():
        if state.instance.id == instance_id and bool(state.protected_from_scale_in) != protected:
            state.protected_from_scale_in = protected
            return True
    return False


def _subnets(place: Place, name: str) -> list[str]:
    """The subnets of a group; the default ones of its zones where it names none."""
    found = group(place, name)
    if found is None:
        return []
    if found.vpc_zone_identifier:
        return [str(subnet).strip() for subnet in found.vpc_zone_identifier.split(",")]
    zones = set(found.availability_zones or ())
    return [subnet for subnet in ec2.default_subnets(place) if ec2.zone_of(place, subnet) in zones]


def _emptiest(place: Place, name: str, subnets: list[str]) -> str:
    counts = dict.fromkeys(subnets, 0)
    for reservation in ec2.backend_of(place).reservations.values():
        for instance in reservation.instances:
            tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
            if tags.get(GROUP_TAG) == name and instance.state == "running" and instance.subnet_id in counts:
                counts[instance.subnet_id] += 1
    return min(subnets, key=lambda subnet: counts[subnet])
