"""Amazon ECS Managed Instances: which EC2 instance types a capacity provider may launch, and for how long. Data only.

An instance type is compared with ``instanceRequirements``; nothing is launched here. There are no prices in a lab: a
type's ``cost`` is reckoned from its vCPUs and memory in the proportions of the C, M and R families, so that of types
with the same room the families C, M and R come first. Accelerators, Spot and On-Demand price limits, network bandwidth
and the kind of local disks are not compared. Sources: Amazon ECS API Reference, InstanceRequirementsRequest; Developer
Guide, "Amazon ECS Managed Instances instance types" (wildcards; C, M and R where nothing is asked for).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

MANAGED_INSTANCES = "MANAGED_INSTANCES"
"""The type of a capacity provider whose instances ECS manages, and the launch type of its tasks."""
IDLE = 300.0
"""Seconds for which an instance may be idle where ``scaleInAfter`` says nothing (AWS: "default"; our choice)."""
LIFETIME = 14 * 86_400.0
"""Seconds after which an instance is drained and replaced."""
VCPU, GIB = 1.0, 0.1
"""Parts of a type's cost."""
GENERAL = ("c", "m", "r")
"""The families that are chosen where no requirements are given, and preferred where they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """One EC2 instance type, as far as requirements can name it."""

    name: str
    vcpus: int
    memory: int
    """MiB."""
    interfaces: int
    manufacturer: str = "intel"
    current: bool = True
    bare_metal: bool = False
    burstable: bool = False
    hibernates: bool = False
    accelerated: bool = False
    disk: float = 0.0
    """GB of instance store."""
    ebs_mbps: float = 0.0

    @property
    def cost(self) -> float:
        """What it costs beside others; a number without a unit."""
        return self.vcpus * VCPU + self.memory / 1024 * GIB

    @property
    def general(self) -> bool:
        """Whether it is of the families C, M and R."""
        return self.name[:1] in GENERAL and self.name[1:2].isdigit()

    @property
    def order(self) -> tuple[float, bool, bool, bool, str]:
        """Cheapest first; of those that cost the same, current general ones without disks."""
        return self.cost, not self.general, not self.current, self.disk > 0, self.name


def chosen(types: Iterable[InstanceType], requirements: Mapping[str, Any] | None) -> tuple[InstanceType, ...]:
    """The types that ``instanceRequirements`` allow, cheapest first; where it is None, current ones of C, M and R."""
    if requirements is None:
        found = [t for t in types if t.general and t.current and not (t.bare_metal or t.accelerated)]
    else:
        found = [t for t in types if allows(requirements, t)]
    return tuple(sorted(found, key=lambda t: t.order))


def allows(requirements: Mapping[str, Any], kind: InstanceType) -> bool:
    """Whether a type meets every requirement. Bare metal and burstable types are excluded unless asked for."""
    ranges = (
        ("vCpuCount", kind.vcpus),
        ("memoryMiB", kind.memory),
        ("memoryGiBPerVCpu", kind.memory / 1024 / max(kind.vcpus, 1)),
        ("networkInterfaceCount", kind.interfaces),
        ("baselineEbsBandwidthMbps", kind.ebs_mbps),
        ("totalLocalStorageGB", kind.disk),
    )
    three = (
        ("bareMetal", kind.bare_metal, "excluded"),
        ("burstablePerformance", kind.burstable, "excluded"),
        ("localStorage", kind.disk > 0, "included"),
    )
    return (
        all(_within(requirements.get(name), value) for name, value in ranges)
        and all(_said(requirements.get(name) or default, has) for name, has, default in three)
        and _named(requirements, kind)
        and _made(requirements, kind)
        and (kind.hibernates or not requirements.get("requireHibernateSupport"))
    )


def _within(given: Any, value: float) -> bool:
    least, most = (given or {}).get("min"), (given or {}).get("max")
    return (least is None or value >= least) and (most is None or value <= most)


def _said(word: str, has: bool) -> bool:
    return word == "included" or has == (word == "required")


def _named(requirements: Mapping[str, Any], kind: InstanceType) -> bool:
    """Allowed and excluded types, with wildcards; a type with accelerators only where it is named."""
    allowed, excluded = requirements.get("allowedInstanceTypes"), requirements.get("excludedInstanceTypes")
    if excluded and any(fnmatchcase(kind.name, pattern) for pattern in excluded):
        return False
    return any(fnmatchcase(kind.name, pattern) for pattern in allowed) if allowed else not kind.accelerated


def _made(requirements: Mapping[str, Any], kind: InstanceType) -> bool:
    makers, generations = requirements.get("cpuManufacturers"), requirements.get("instanceGenerations")
    generation = "current" if kind.current else "previous"
    return (not makers or kind.manufacturer in makers) and (not generations or generation in generations)
