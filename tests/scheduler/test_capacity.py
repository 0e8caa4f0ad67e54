"""Claims about how tasks are divided among capacity providers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.scheduler.capacity import choose, split


def strategy(*items: tuple[int, int]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"capacityProvider": f"cp{n}", "base": base, "weight": weight} for n, (base, weight) in enumerate(items)
    )


@pytest.mark.parametrize(
    ("items", "count", "shares"),
    [
        (((2, 1), (0, 3)), 10, [4, 6]),  # the two vectors of the EC2 Spot workshop (facts §8)
        (((2, 1), (0, 3)), 22, [7, 15]),
        (((2, 1), (0, 3)), 1, [1, 0]),
        (((0, 1), (0, 1)), 4, [2, 2]),
        (((0, 1), (0, 4)), 5, [1, 4]),
        (((1, 0), (0, 1)), 5, [1, 4]),
        (((0, 1),), 3, [3]),
    ],
)
def test_base_first_and_the_rest_by_weight(items: Any, count: int, shares: list[int]) -> None:
    chosen = split(strategy(*items), count)
    assert [chosen.count(f"cp{n}") for n in range(len(items))] == shares


weights = st.lists(st.integers(0, 20), min_size=1, max_size=5).filter(any)


@settings(max_examples=200, deadline=None)
@given(weights, st.integers(0, 12), st.integers(1, 120))
def test_every_share_beyond_the_base_is_within_one_task_of_its_weight(values: list[int], base: int, count: int) -> None:
    items = strategy(*((base if n == 0 else 0, weight) for n, weight in enumerate(values)))
    chosen = split(items, count)
    beyond = max(0, count - base)
    for n, weight in enumerate(values):
        share = chosen.count(f"cp{n}") - (min(base, count) if n == 0 else 0)
        assert abs(share - beyond * weight / sum(values)) < max(1.0, len(values) / 2)
        assert weight or not share


def test_a_task_that_is_gone_is_replaced_where_it_is_missing() -> None:
    items = strategy((2, 1), (0, 3))
    assert choose(items, {"cp0": 1, "cp1": 6}) == "cp0"
    assert choose(items, {"cp0": 4, "cp1": 5}) == "cp1"
