"""What a container waits for, and what must be gone before it may be stopped. Pure: no clock, no runtime.

It answers two questions about ``dependsOn`` and carries nothing out. Invariant: the answer depends on the
arguments alone, and a container that is blocked for good says so (``never``), so no task waits for what
cannot come. Source: Amazon ECS task definition parameters, "Container dependency"; the texts are those of
amazon-ecs-agent's dependency graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ecslab.model.definition import ContainerDefinition, Dependency
from ecslab.model.status import Condition, ContainerStatus, HealthStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the agent knows of one container. ``started_at`` (lab seconds) stays set after it has stopped."""

    status: ContainerStatus = ContainerStatus.PENDING
    started_at: float | None = None
    exit_code: int | None = None
    health: HealthStatus = HealthStatus.UNKNOWN
    start_timeout: float | None = None


class Why(StrEnum):
    """Why a container is blocked: it may still come (``WAITING``), or it never can."""

    WAITING = "waiting"
    MISSING = "missing"
    NEVER_STARTED = "never started"
    FAILED = "failed"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """What blocks a container. ``until`` is the lab time at which waiting ends in failure, if ever."""

    reason: str
    dependency: str
    condition: Condition
    why: Why = Why.WAITING
    until: float | None = None

    @property
    def never(self) -> bool:
        """Whether waiting is in vain."""
        return self.why is not Why.WAITING


def blocked_by(container: ContainerDefinition, states: Mapping[str, State], now: float) -> Blocked | None:
    """The first thing that keeps ``container`` from starting, hopeless ones first; None when it may start."""
    found = [b for d in container.depends_on if (b := _blocked(container.name, d, states.get(d.container_name), now))]
    return next((b for b in found if b.never), found[0] if found else None)


def may_stop(name: str, containers: Iterable[ContainerDefinition], alive: Iterable[str]) -> bool:
    """Whether ``name`` may be stopped: nothing that depends on it is still alive (shutdown reverses startup)."""
    living = set(alive)
    return not any(
        c.name in living and c.name != name and any(d.container_name == name for d in c.depends_on) for c in containers
    )


def _blocked(target: str, dependency: Dependency, state: State | None, now: float) -> Blocked | None:
    if state is not None and _met(dependency.condition, state):
        return None
    why = Why.MISSING if state is None else _why(dependency.condition, state, now)
    until = None if state is None or why is not Why.WAITING else _deadline(dependency.condition, state)
    name, wish = dependency.container_name, _WISHES[dependency.condition]
    reason = _TEXTS[why].format(f"{name}:{dependency.condition}", target, dependency=name, wish=wish)
    return Blocked(reason=reason, dependency=name, condition=dependency.condition, why=why, until=until)


def _met(condition: Condition, state: State) -> bool:
    exited = state.status is ContainerStatus.STOPPED and state.started_at is not None
    if condition is Condition.START:
        return state.started_at is not None
    if condition is Condition.COMPLETE:
        return exited
    if condition is Condition.SUCCESS:
        return exited and state.exit_code == 0
    return state.status is ContainerStatus.RUNNING and state.health is HealthStatus.HEALTHY


def _why(condition: Condition, state: State, now: float) -> Why:
    if state.status is ContainerStatus.STOPPED:
        if state.started_at is None:
            return Why.NEVER_STARTED
        return Why.FAILED
    deadline = _deadline(condition, state)
    return Why.TIMED_OUT if deadline is not None and now >= deadline else Why.WAITING


def _deadline(condition: Condition, state: State) -> float | None:
    """``startTimeout`` of the dependency counts from its start, and not for START."""
    if condition is Condition.START or not state.start_timeout or state.started_at is None:
        return None
    return state.started_at + state.start_timeout


_TEXTS = {
    Why.WAITING: "it waits for container {dependency} {wish}",
    Why.MISSING: "dependency graph: container ordering dependency [{}] for target [{}] does not exist.",
    Why.NEVER_STARTED: (
        "dependency graph: failed to resolve container ordering dependency [{}] for target [{}] "
        "because dependency will never start"
    ),
    Why.FAILED: (
        "dependency graph: failed to resolve container ordering dependency [{}] for target [{}] "
        "as dependency did not exit successfully."
    ),
    Why.TIMED_OUT: "dependency graph: container ordering dependency [{}] for target [{}] has timed out.",
}

_WISHES = {
    Condition.START: "to start",
    Condition.COMPLETE: "to complete",
    Condition.SUCCESS: "to exit with code 0",
    Condition.HEALTHY: "to become HEALTHY",
}
