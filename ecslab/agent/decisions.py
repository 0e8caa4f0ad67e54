"""What the next steps of a task are: pure, from what is known and the time alone.

It compares known with desired status and says what to do; the engine does it. Invariants: a container with
a call under way gets no second one; a container is stopped only after everything that depends on it; and a
task that is stopping always has either a step, a call under way or a deadline, so it comes to its end.
Source of the order: Amazon ECS Developer Guide, "Container dependency" (shutdown reverses startup).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ecslab.agent.dependencies import Blocked, blocked_by, may_stop
from ecslab.agent.known import UNDER_WAY, Known, KnownContainer, KnownTask

ESSENTIAL_EXITED = "Essential container in task exited"
"""AWS's stopped reason (facts: stop)."""
KILL_AGAIN = 5.0
"""Lab seconds after which a container that outlives SIGKILL is killed once more."""


class Move(StrEnum):
    """The kinds of steps; each names one thing the engine can do."""

    WIRE = "wire"
    PREPARE = "prepare logs and secrets"
    PULL = "pull"
    LAUNCH = "launch"
    REFUSE = "refuse"
    STOP = "stop"
    KILL = "kill"
    SETTLE = "settle"
    UNWIRE = "unwire"
    FINISH = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; ``container`` where it is about one, ``reason`` why."""

    move: Move
    container: str = ""
    reason: str = ""


def steps(task: KnownTask, now: float) -> tuple[Step, ...]:
    """Everything that can be done for a task now, in order."""
    if task.finished:
        return ()
    return tuple(_down(task, now) if task.stopping else _up(task, now))


def is_up(task: KnownTask) -> bool:
    """Whether every container has started (one that has already done its work counts)."""
    return all(c.known in (Known.RUNNING, Known.STOPPED) for c in task.containers.values())


def deadline(task: KnownTask, now: float) -> float | None:
    """The lab time at which there is something to do even if nothing happens; None when there is none."""
    if task.finished:
        return None
    times = list(_stop_deadlines(task) if task.stopping else _start_deadlines(task, now))
    later = [t for t in times if t > now]
    return min(later, default=None)


def _up(task: KnownTask, now: float) -> Iterator[Step]:
    waiting = [c for c in task.containers.values() if c.known in (Known.NONE, Known.PULLED)]
    if not waiting:
        return
    if task.wiring is None and not task.wiring_busy:
        yield Step(move=Move.WIRE)
    if not task.prepared:
        yield Step(move=Move.PREPARE)
    states = task.states()
    for container in waiting:
        if not container.busy:
            yield from _forward(task, container, blocked_by(container.definition, states, now), now)


def _forward(task: KnownTask, container: KnownContainer, blocked: Blocked | None, now: float) -> Iterator[Step]:
    if blocked is not None and blocked.never:
        yield Step(move=Move.REFUSE, container=container.name, reason=blocked.reason)
    elif container.known is Known.NONE:
        if container.pull_again_at <= now:
            yield Step(move=Move.PULL, container=container.name)
    elif blocked is None and task.wiring is not None:
        yield Step(move=Move.LAUNCH, container=container.name)


def _down(task: KnownTask, now: float) -> Iterator[Step]:
    definitions = [c.definition for c in task.containers.values()]
    for container in task.containers.values():
        if container.busy or container.known is Known.STOPPED:
            continue
        if container.known not in UNDER_WAY:
            yield Step(move=Move.SETTLE, container=container.name)
        elif may_stop(container.name, definitions, task.alive()):
            yield from _stop(container, now)
    if task.alive() or any(c.busy for c in task.containers.values()) or task.wiring_busy:
        return
    if task.attached and not task.detached:
        yield Step(move=Move.UNWIRE)
    elif not task.log_open or (task.drained_by is not None and now >= task.drained_by):
        yield Step(move=Move.FINISH)


def _stop(container: KnownContainer, now: float) -> Iterator[Step]:
    if container.stop_asked_at is None:
        yield Step(move=Move.STOP, container=container.name)
        return
    if container.kill_asked_at is None:
        due = container.stop_asked_at + container.definition.stop_timeout
    else:
        due = container.kill_asked_at + KILL_AGAIN
    if now >= due:
        yield Step(move=Move.KILL, container=container.name)


def _stop_deadlines(task: KnownTask) -> Iterator[float]:
    for container in task.containers.values():
        if container.known not in UNDER_WAY or container.stop_asked_at is None:
            continue
        if container.kill_asked_at is None:
            yield container.stop_asked_at + container.definition.stop_timeout
        else:
            yield container.kill_asked_at + KILL_AGAIN
    if task.drained_by is not None:
        yield task.drained_by


def _start_deadlines(task: KnownTask, now: float) -> Iterator[float]:
    states = task.states()
    for container in task.containers.values():
        if container.known is Known.NONE and not container.busy:
            yield container.pull_again_at
        if container.known in (Known.NONE, Known.PULLED):
            blocked = blocked_by(container.definition, states, now)
            if blocked is not None and blocked.until is not None:
                yield blocked.until
