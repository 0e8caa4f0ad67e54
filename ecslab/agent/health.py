"""Container health checks: the agent runs the command, counts, and says HEALTHY or UNHEALTHY.

The first probe comes one interval after the start, the next one interval after the last has ended. A
Dockerfile's HEALTHCHECK plays no part. ``judge`` is pure; a ``Monitor`` only waits and asks. Invariant:
failures inside ``startPeriod`` do not count until a first success (traps 41), and health is told only when
it changes. Source: botocore's HealthCheck shape; facts, defaults.healthCheck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ecslab.model.definition import HealthCheck
from ecslab.model.status import HealthStatus
from ecslab.timeline import Handle, Timeline

Execute = Callable[[tuple[str, ...], float], tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """What the probes so far amount to: ``failures`` in a row that counted."""

    health: HealthStatus = HealthStatus.UNKNOWN
    failures: int = 0
    succeeded: bool = False


def judge(streak: Streak, check: HealthCheck, exit_code: int, age: float) -> Streak:
    """The streak after one more probe, ``age`` lab seconds after the container started. Exit code 0 is healthy."""
    if exit_code == 0:
        return Streak(health=HealthStatus.HEALTHY, succeeded=True)
    if age <= check.start_period and not streak.succeeded:
        return streak
    failures = streak.failures + 1
    health = HealthStatus.UNHEALTHY if failures >= check.retries else streak.health
    return replace(streak, failures=failures, health=health)


def command_of(check: HealthCheck) -> tuple[str, ...]:
    """What is run: CMD as it stands, CMD-SHELL in a shell, anything else as it is; empty for NONE."""
    first, rest = check.command[0], check.command[1:]
    if first == "NONE":
        return ()
    if first == "CMD-SHELL":
        return ("/bin/sh", "-c", " ".join(rest))
    return rest if first == "CMD" else check.command


class Monitor:
    """Probes one running container until it is stopped. ``on_health(status, exit_code, output)`` on a change."""

    def __init__(
        self,
        check: HealthCheck,
        execute: Execute,
        *,
        timeline: Timeline,
        started_at: float,
        on_health: Callable[[HealthStatus, int, str], None],
        streak: Streak | None = None,
    ) -> None:
        self._check, self._execute, self._timeline = check, execute, timeline
        self._started_at = started_at
        self._on_health = on_health
        self._streak = streak or Streak()
        self._stopped = False
        self._handle: Handle | None = None

    def start(self) -> None:
        """Begin; nothing happens for a check that is NONE."""
        if command_of(self._check):
            self._handle = self._timeline.call_later(self._check.interval, self._probe)

    def stop(self) -> None:
        """Probe no more."""
        self._stopped = True
        if self._handle is not None:
            self._handle.cancel()

    def _probe(self) -> None:
        command, timeout = command_of(self._check), self._check.timeout
        self._timeline.offload(lambda: self._execute(command, timeout), self._probed)

    def _probed(self, result: tuple[int, str] | None, error: BaseException | None) -> None:
        if self._stopped:
            return
        exit_code, output = result if result is not None else (1, str(error))
        before = self._streak.health
        self._streak = judge(self._streak, self._check, exit_code, self._timeline.now() - self._started_at)
        self._handle = self._timeline.call_later(self._check.interval, self._probe)
        if self._streak.health is not before:
            self._on_health(self._streak.health, exit_code, output)
