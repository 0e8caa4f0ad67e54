"""The one clock: order, virtual jumps, real waiting, and what may not be done to it."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.errors import TimeError
from ecslab.timeline import RealTimeline, VirtualTimeline, iso, parse_time, real_monotonic


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_callbacks_run_in_order_of_time_and_then_of_scheduling(delays: list[float]) -> None:
    timeline, seen = VirtualTimeline(), []
    for number, delay in enumerate(delays):
        timeline.call_later(delay, lambda n=number: seen.append(n))
    timeline.advance(2e6)
    assert seen == sorted(range(len(delays)), key=lambda n: (1_767_225_600.0 + delays[n], n))


def test_virtual_time_stands_still_until_it_is_moved() -> None:
    timeline, seen = VirtualTimeline(), []
    timeline.call_soon(lambda: seen.append("soon"))
    before = timeline.now()
    assert seen == []
    timeline.advance(0)
    assert seen == ["soon"]
    assert timeline.now() == before


def test_until_stops_at_the_event_that_makes_it_true() -> None:
    timeline, seen = VirtualTimeline(), []
    for second in (5, 10, 15):
        timeline.call_later(second, lambda s=second: seen.append(s))
    start = timeline.now()
    assert timeline.until(lambda: 10 in seen, limit=100)
    assert timeline.now() - start == 10
    assert not timeline.until(lambda: 99 in seen, limit=100)
    assert timeline.now() - start == 110


def test_a_cancelled_callback_never_runs() -> None:
    timeline, seen = VirtualTimeline(), []
    timeline.call_later(1, lambda: seen.append(1)).cancel()
    timeline.advance(5)
    assert seen == []


def test_a_broken_callback_is_reported_and_stops_nothing() -> None:
    failures: list[BaseException] = []
    timeline, seen = VirtualTimeline(on_failure=failures.append), []
    timeline.call_later(1, lambda: 1 / 0)
    timeline.call_later(2, lambda: seen.append(2))
    timeline.advance(5)
    assert seen == [2]
    assert isinstance(failures[0], ZeroDivisionError)


def test_offloaded_work_comes_back_on_the_real_timeline_with_its_error() -> None:
    timeline, done, found = RealTimeline(), threading.Event(), []
    try:
        timeline.offload(lambda: int("x"), lambda result, error: (found.append((result, error)), done.set()))
        assert done.wait(5)
    finally:
        timeline.close()
    assert found[0][0] is None
    assert isinstance(found[0][1], ValueError)


def test_scaled_time_runs_faster_than_the_wall() -> None:
    timeline, done = RealTimeline(speed=600), threading.Event()
    try:
        began = real_monotonic()
        timeline.call_later(60, done.set)
        assert done.wait(50)
        assert real_monotonic() - began < 30
    finally:
        timeline.close()


def test_real_time_cannot_be_moved_by_hand() -> None:
    timeline = RealTimeline()
    try:
        with pytest.raises(TimeError, match="virtual"):
            timeline.advance(1)
    finally:
        timeline.close()


@pytest.mark.parametrize("text", ["fast", "scaled:0", "scaled:-1", "scaled:x", "virtual:2", ""])
def test_an_unknown_way_of_time_is_refused_with_what_to_try(text: str) -> None:
    with pytest.raises(TimeError):
        parse_time(text)


def test_time_cannot_go_backwards() -> None:
    with pytest.raises(TimeError):
        VirtualTimeline().advance(-1)


def test_lab_time_is_told_in_utc() -> None:
    assert iso(1_767_225_600.25) == "2026-01-01T00:00:00.250Z"
