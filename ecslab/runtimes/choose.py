"""Which runtime a lab runs on, and why. It starts nothing and knows no runtime: the Docker probe is handed in.

Invariant: a runtime that was asked for by name is never silently replaced by another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecslab.errors import RuntimeUnavailable
from ecslab.runtimes.base import Capabilities

AUTO = "auto"
DOCKER = "docker"
PROCESS = "process"
SIMULATED = "simulated"
NAMES = (DOCKER, PROCESS, SIMULATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The runtime's name, and the reason in words for the learner."""

    name: str
    reason: str


def choose(name: str = AUTO, *, docker_probe: Callable[[], Capabilities]) -> Choice:
    """``auto`` is docker where an engine answers, else process; RuntimeUnavailable for what cannot be had."""
    if name in (PROCESS, SIMULATED):
        return Choice(name=name, reason="it was asked for")
    if name not in (AUTO, DOCKER):
        raise RuntimeUnavailable(f"There is no runtime '{name}'.", f"Use one of: {AUTO}, {', '.join(NAMES)}.")
    found = docker_probe()
    if found.available:
        return Choice(name=DOCKER, reason="it was asked for" if name == DOCKER else found.reason)
    if name == DOCKER:
        hint = found.remedy or "Start Docker, or use the runtime process."
        raise RuntimeUnavailable(f"The docker runtime cannot be had here: {found.reason}.", hint)
    return Choice(name=PROCESS, reason=f"no Docker engine can be used: {found.reason}")
