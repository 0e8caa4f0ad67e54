"""Claims about scaling decisions: the worked examples to the number, and the laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.scheduler.scaling import (
    Adjustment,
    Limits,
    Memory,
    Outcome,
    Situation,
    Step,
    Wish,
    adjusted,
    base_for_out,
    choose,
    step_for,
    tracked,
)


@pytest.mark.parametrize(
    ("running", "value", "target", "count"),
    [(4, 90, 60, 6), (10, 80, 50, 16), (2, 60, 60, 2), (1, 61, 60, 2), (10, 30, 60, 5), (3, 0, 60, 0), (6, 70, 70, 6)],
)
def test_target_tracking_brings_the_metric_to_the_target(running: int, value: float, target: float, count: int) -> None:
    assert tracked(running, value, target) == count


STEPS = (Step(lower=0, upper=15, adjustment=1), Step(lower=15, adjustment=3))


@pytest.mark.parametrize(("value", "change"), [(60, 1), (74.9, 1), (75, 3), (500, 3), (59, None)])
def test_bounds_are_relative_to_the_threshold_and_the_lower_one_is_inside(value: float, change: int | None) -> None:
    step = step_for(STEPS, value, threshold=60)
    assert (step.adjustment if step else None) == change


@pytest.mark.parametrize(("value", "change"), [(30, -1), (20.1, -1), (20, -2), (0, -2), (31, None)])
def test_below_the_threshold_the_upper_bound_is_inside(value: float, change: int | None) -> None:
    steps = (Step(upper=0, lower=-10, adjustment=-1), Step(upper=-10, adjustment=-2))
    step = step_for(steps, value, threshold=30)
    assert (step.adjustment if step else None) == change


@pytest.mark.parametrize(
    ("capacity", "percent", "least", "count"),
    [
        (4, 25, 2, 6),
        (4, 25, 0, 5),
        (10, 7, 0, 11),
        (100, 12, 0, 112),
        (15, -25, 0, 12),
        (3, -10, 0, 2),
        (10, 50, 2, 15),
    ],
)
def test_percentages_are_rounded_and_have_a_least_magnitude(
    capacity: int, percent: int, least: int, count: int
) -> None:
    assert adjusted(capacity, Step(adjustment=percent), Adjustment.PERCENT, least) == count


def test_an_exact_capacity_and_a_change_are_taken_as_they_are() -> None:
    assert adjusted(4, Step(adjustment=9), Adjustment.EXACT) == 9
    assert adjusted(4, Step(adjustment=-5), Adjustment.CHANGE) == 0


def wish(count: int, policy: str = "cpu", cooldown: float = 300.0) -> Wish:
    return Wish(policy=policy, count=count, alarm=f"alarm of {policy}", cooldown=cooldown)


def situation(
    desired: int,
    *,
    least: int = 1,
    most: int = 10,
    memory: Memory | None = None,
    deploying: bool = False,
    now: float = 0,
) -> Situation:
    return Situation(
        desired=desired,
        running=desired,
        deploying=deploying,
        limits=Limits(least=least, most=most),
        memory=memory or Memory(),
        now=now,
    )


def test_any_policy_scales_out_and_the_largest_wins() -> None:
    outcome = choose(situation(4), [wish(5), wish(7, "memory")], [wish(2)])
    assert outcome.count == 7
    assert outcome.by is not None
    assert outcome.by.policy == "memory"


def test_all_policies_must_agree_to_scale_in_and_the_largest_wins() -> None:
    assert choose(situation(8), [], [wish(3), wish(5, "memory")]).count == 5
    held = choose(situation(8), [], [wish(3)], disagreeing="memory")
    assert held.count is None
    assert "memory does not agree" in held.held


def test_it_never_leaves_its_bounds_and_says_so() -> None:
    assert choose(situation(8, most=10), [wish(14)], []).count == 10
    stuck = choose(situation(10, most=10), [wish(14)], [])
    assert stuck.count is None
    assert "maximum of 10" in stuck.held
    assert "minimum of 2" in choose(situation(2, least=2), [], [wish(1)]).held


def test_a_scale_out_is_not_repeated_in_its_cooldown_but_a_larger_one_adds_the_difference() -> None:
    first = choose(situation(4), [wish(6)], [])
    assert (first.count, first.memory.base, first.memory.out_until) == (6, 4, 300)
    later = situation(6, memory=first.memory, now=60)
    assert base_for_out(later, 6) == 4
    same = tracked(base_for_out(later, 6), 90, 60)
    assert choose(later, [wish(same)], []).count is None
    larger = tracked(base_for_out(later, 6), 120, 60)
    assert choose(later, [wish(larger)], []).count == 8
    after = situation(6, memory=first.memory, now=300)
    assert choose(after, [wish(tracked(base_for_out(after, 6), 90, 60))], []).count == 9


def test_scale_in_waits_for_its_cooldown_and_scale_out_does_not() -> None:
    first = choose(situation(8), [], [wish(6)])
    assert (first.count, first.memory.in_until) == (6, 300)
    later = situation(6, memory=first.memory, now=100)
    assert "200 s more" in choose(later, [], [wish(4)]).held
    out = choose(later, [wish(9)], [])
    assert (out.count, out.memory.in_until) == (9, 0)


def test_a_deployment_holds_scale_in_and_not_scale_out() -> None:
    assert "deployment" in choose(situation(8, deploying=True), [], [wish(4)]).held
    assert choose(situation(4, deploying=True), [wish(6)], []).count == 6


def test_below_its_minimum_the_next_alarm_lifts_it() -> None:
    assert choose(situation(0, least=3), [wish(0)], []).count == 3


COUNTS = st.integers(0, 30)
WISHES = st.lists(st.builds(wish, COUNTS), max_size=3)


@given(COUNTS, st.integers(0, 10), st.integers(0, 20), WISHES, WISHES, st.booleans(), st.integers(0, 600))
def test_every_outcome_is_within_bounds_and_goes_the_way_it_was_asked(
    desired: int, least: int, more: int, out: list[Wish], down: list[Wish], deploying: bool, now: int
) -> None:
    seen = situation(desired, least=least, most=least + more, deploying=deploying, now=now)
    outcome: Outcome = choose(seen, out, down)
    if outcome.count is None:
        return
    assert least <= outcome.count <= least + more
    assert outcome.count != desired
    if outcome.count < desired:
        assert not out
        assert not deploying
        assert outcome.count >= min(w.count for w in down) or outcome.count in (least, least + more)
