"""Claims about the health of targets: when a check changes it, and what a failed check says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.balancing import Binding, Checked, HealthCheck, Target, TargetState, after_check, matches

CHECK = HealthCheck(interval=30, timeout=5, healthy=3, unhealthy=2, path="/health", codes="200-299,302")
GOOD, BAD = Checked(status=204), Checked(status=500)
NEW = Target(
    target_group="arn:tg",
    target_id="10.0.0.1",
    port=80,
    task_arn="t",
    binding=Binding(target_group="g", container="c", port=80),
)


def after(*found: Checked, start: Target = NEW) -> Target:
    for one in found:
        start = after_check(start, CHECK, one)
    return start


def test_a_new_target_is_healthy_after_one_passed_check_and_unhealthy_after_the_threshold() -> None:
    assert after(GOOD).state is TargetState.HEALTHY
    assert after(BAD).state is TargetState.INITIAL
    assert after(BAD, BAD).state is TargetState.UNHEALTHY


def test_a_target_that_was_unhealthy_needs_the_threshold_of_passed_checks() -> None:
    assert after(BAD, BAD, GOOD, GOOD).state is TargetState.UNHEALTHY
    assert after(BAD, BAD, GOOD, GOOD, BAD, GOOD, GOOD).state is TargetState.UNHEALTHY
    assert after(BAD, BAD, GOOD, GOOD, GOOD).state is TargetState.HEALTHY


@pytest.mark.parametrize(
    ("found", "reason", "description"),
    [
        (BAD, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"),
        (Checked(problem="timed out"), "Target.Timeout", "Request timed out"),
        (Checked(problem="Connection refused"), "Target.FailedHealthChecks", "Health checks failed"),
    ],
)
def test_a_failed_check_says_why(found: Checked, reason: str, description: str) -> None:
    assert after(found, found).words == (reason, description)


def test_a_target_says_the_newest_reason_and_none_when_it_is_healthy() -> None:
    assert after(BAD, BAD, Checked(problem="timed out")).words[0] == "Target.Timeout"
    assert after(BAD, BAD, GOOD, GOOD, GOOD).words == ("", "")


@pytest.mark.parametrize(
    ("codes", "status", "fits"),
    [("200", 200, True), ("200,302", 302, True), ("200-299", 250, True), ("200-299", 300, False), ("x", 200, False)],
)
def test_codes_are_lists_of_numbers_and_ranges(codes: str, status: int, fits: bool) -> None:
    assert matches(codes, status) is fits


@given(st.lists(st.sampled_from((GOOD, BAD)), max_size=30))
def test_what_is_said_last_often_enough_holds(found: list[Checked]) -> None:
    state = after(*found).state
    if len(found) >= 3 and set(found[-3:]) == {GOOD}:
        assert state is TargetState.HEALTHY
    if len(found) >= 2 and set(found[-2:]) == {BAD}:
        assert state is TargetState.UNHEALTHY
    draining = Target(
        target_group="g", target_id="i", port=1, task_arn="t", binding=NEW.binding, state=TargetState.DRAINING
    )
    assert after(*found, start=draining) is draining
