"""How probes become health: pure, and on virtual time."""

from __future__ import annotations

import pytest

from ecslab.agent.health import Monitor, Streak, command_of, judge
from ecslab.model.definition import HealthCheck
from ecslab.model.status import HealthStatus
from ecslab.timeline import VirtualTimeline

CHECK = HealthCheck(command=("CMD", "app", "health"), interval=10, retries=3, start_period=60)


def judged(*probes: tuple[int, float]) -> Streak:
    streak = Streak()
    for exit_code, age in probes:
        streak = judge(streak, CHECK, exit_code, age)
    return streak


def test_one_success_is_healthy() -> None:
    assert judged((0, 10)).health is HealthStatus.HEALTHY


def test_failures_inside_the_start_period_do_not_count() -> None:
    assert judged((1, 10), (1, 20), (1, 30), (1, 40), (1, 70), (1, 80)) == Streak(failures=2)


def test_a_first_success_ends_the_start_period() -> None:
    assert judged((0, 10), (1, 20), (1, 30)).health is HealthStatus.HEALTHY
    assert judged((0, 10), (1, 20), (1, 30), (1, 40)).health is HealthStatus.UNHEALTHY


def test_unhealthy_takes_retries_failures_in_a_row() -> None:
    assert judged((1, 70), (1, 80), (0, 90), (1, 100), (1, 110)).health is HealthStatus.HEALTHY
    assert judged((1, 70), (1, 80), (1, 90)).health is HealthStatus.UNHEALTHY


@pytest.mark.parametrize(
    ("command", "run"),
    [
        (("CMD", "app", "health"), ("app", "health")),
        (("CMD-SHELL", "app health || exit 1"), ("/bin/sh", "-c", "app health || exit 1")),
        (("/healthcheck",), ("/healthcheck",)),
        (("NONE",), ()),
    ],
)
def test_the_first_word_says_how_the_command_is_run(command: tuple[str, ...], run: tuple[str, ...]) -> None:
    assert command_of(HealthCheck(command=command)) == run


def watched(answers: list[int]) -> tuple[VirtualTimeline, Monitor, list[tuple[float, HealthStatus]]]:
    clock = VirtualTimeline(start=0.0)
    seen: list[tuple[float, HealthStatus]] = []
    monitor = Monitor(
        HealthCheck(command=("CMD", "true"), interval=10, retries=2),
        lambda command, timeout: (answers.pop(0) if answers else 0, ""),
        timeline=clock,
        started_at=0.0,
        on_health=lambda health, code, output: seen.append((clock.now(), health)),
    )
    monitor.start()
    return clock, monitor, seen


def test_health_is_told_only_when_it_changes() -> None:
    clock, _, seen = watched([0, 0, 1, 1, 1, 0])
    clock.advance(100)
    assert seen == [(10, HealthStatus.HEALTHY), (40, HealthStatus.UNHEALTHY), (60, HealthStatus.HEALTHY)]


def test_a_stopped_monitor_probes_no_more() -> None:
    answers = [0] * 10
    clock, monitor, _ = watched(answers)
    clock.advance(25)
    monitor.stop()
    clock.advance(100)
    assert len(answers) == 8
