"""Patterns as steps, and what cannot be a load."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.control.load import MOST_RPS, steps_of
from ecslab.errors import InvalidParameterException


def test_a_rate_is_a_pattern_of_one_step() -> None:
    assert steps_of(40, None) == ((0.0, 40.0),)
    assert steps_of("2.5", None) == ((0.0, 2.5),)


def test_a_pattern_counts_minutes_and_begins_with_nothing() -> None:
    assert steps_of(None, [(0, 10), (5, 80)]) == ((0.0, 10.0), (300.0, 80.0))
    assert steps_of(None, [(2, 10)]) == ((0.0, 0.0), (120.0, 10.0))


@pytest.mark.parametrize(
    ("rps", "pattern", "said"),
    [
        ("many", None, "a number of requests a second"),
        (-1, None, "between 0 and"),
        (MOST_RPS + 1, None, "between 0 and"),
        (None, [(5, 10), (5, 20)], "rise from step to step"),
        (None, [(-1, 10)], "start at 0 or later"),
        (None, [], "start at 0 or later"),
        (None, [3, 4], "a list of"),
        (None, [(0, "x")], "a number of requests a second"),
    ],
)
def test_what_is_no_load_is_refused_with_what_to_try(rps: Any, pattern: Any, said: str) -> None:
    with pytest.raises(InvalidParameterException, match=said):
        steps_of(rps, pattern)
