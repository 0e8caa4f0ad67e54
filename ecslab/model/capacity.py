"""Capacity providers: what a strategy names instead of a launch type. Data only.

Source: Amazon ECS API Reference, CapacityProvider and CapacityProviderStrategyItem; facts §8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
    auto_scaling_group_provider: Mapping[str, Any] | None = None
    update_status: str | None = None
    update_status_reason: str | None = None
    tags: tuple[Mapping[str, str], ...] = ()

    @property
    def group(self) -> str:
        """ARN of its Auto Scaling group; empty on Fargate."""
        return str((self.auto_scaling_group_provider or {}).get("autoScalingGroupArn") or "")

    def enabled(self, part: str) -> bool:
        """Whether ``managedScaling``, ``managedTerminationProtection`` or ``managedDraining`` is ENABLED."""
        said = (self.auto_scaling_group_provider or {}).get(part)
        return (said.get("status") if isinstance(said, Mapping) else said) == "ENABLED"


def is_fargate(strategy: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a strategy's providers are Fargate's; all of them are or none is."""
    return any(item["capacityProvider"] in ON_FARGATE for item in strategy)
