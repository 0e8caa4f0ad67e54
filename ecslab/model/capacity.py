"""Capacity providers: what a strategy names instead of a launch type. Data only.

Source: Amazon ECS API Reference, CapacityProvider and CapacityProviderStrategyItem; facts §8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.model.managed_instances import IDLE

FARGATE, FARGATE_SPOT = "FARGATE", "FARGATE_SPOT"
ON_FARGATE = (FARGATE, FARGATE_SPOT)
"""The two that every account has; they cannot be created, changed or deleted."""
Strategy = tuple[Mapping[str, Any], ...]
"""Items of ``capacityProvider`` (a name), ``weight`` and ``base``, as the API spells them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityProvider:
    """One capacity provider, as the API shows it."""

    capacity_provider_arn: str
    name: str
    status: str = "ACTIVE"
    type: str = "EC2_AUTOSCALING"
    cluster: str | None = None
    """Of Managed Instances: the name of the only cluster it can be used in."""
    auto_scaling_group_provider: Mapping[str, Any] | None = None
    managed_instances_provider: Mapping[str, Any] | None = None
    update_status: str | None = None
    update_status_reason: str | None = None
    tags: tuple[Mapping[str, str], ...] = ()

    @property
    def group(self) -> str:
        """ARN of its Auto Scaling group; empty on Fargate."""
        return str((self.auto_scaling_group_provider or {}).get("autoScalingGroupArn") or "")

    @property
    def managed(self) -> bool:
        """Whether ECS launches and terminates its instances (Amazon ECS Managed Instances)."""
        return self.managed_instances_provider is not None

    @property
    def kind(self) -> str:
        """What a strategy cannot mix, in words."""
        return "Managed Instances" if self.managed else "Fargate" if self.name in ON_FARGATE else "Auto Scaling group"

    @property
    def template(self) -> Mapping[str, Any]:
        """How Managed Instances are launched."""
        return (self.managed_instances_provider or {}).get("instanceLaunchTemplate") or {}

    @property
    def idle_for(self) -> float | None:
        """Seconds for which a managed instance may be idle; None where it may be for ever."""
        said = ((self.managed_instances_provider or {}).get("infrastructureOptimization") or {}).get("scaleInAfter")
        return None if said == -1 else IDLE if said is None else float(said)

    def enabled(self, part: str) -> bool:
        """Whether ``managedScaling``, ``managedTerminationProtection`` or ``managedDraining`` is ENABLED."""
        said = (self.auto_scaling_group_provider or {}).get(part)
        return (said.get("status") if isinstance(said, Mapping) else said) == "ENABLED"


def is_fargate(strategy: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a strategy's providers are Fargate's; all of them are or none is."""
    return any(item["capacityProvider"] in ON_FARGATE for item in strategy)
