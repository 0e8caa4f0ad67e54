"""Which capacity provider the next task of a strategy goes to. Pure.

The base is filled first, on the one provider that has it; what is beyond is divided by weight. Invariant: after any
number of tasks each provider's share beyond the base is within one task of its weight's share.
Source: Amazon ECS Developer Guide, "Capacity provider strategy"; vectors in facts §8. How AWS rounds while the numbers
do not divide is not documented; here the provider that is furthest behind its share is next (Webster's method).
"""

from __future__ import annotations

from collections.abc import Mapping

from ecslab.model.capacity import Strategy


def choose(strategy: Strategy, have: Mapping[str, int]) -> str:
    """The provider of the next task, where each provider has so many already."""
    for item in strategy:
        if have.get(item["capacityProvider"], 0) < (item.get("base") or 0):
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if item.get("weight")] or list(strategy[:1])
    return str(min(weighted, key=lambda item: _behind(item, have))["capacityProvider"])


def _behind(item: Mapping[str, int], have: Mapping[str, int]) -> float:
    beyond = have.get(str(item["capacityProvider"]), 0) - (item.get("base") or 0)
    return (beyond + 0.5) / (item.get("weight") or 1)


def split(strategy: Strategy, count: int) -> list[str]:
    """The providers of so many tasks, in order."""
    have: dict[str, int] = {}
    chosen = []
    for _ in range(count):
        chosen.append(choose(strategy, have))
        have[chosen[-1]] = have.get(chosen[-1], 0) + 1
    return chosen
