"""Service auto scaling: from metric values and alarms to the number of tasks a service should have. Pure.

It reads no metric and changes no service. Invariants: the answer is within min and max; no policy scales in while
another target tracking policy wants to stay, nor while a deployment is under way. Sources: Application Auto Scaling
User Guide, "Target tracking scaling policies", "Step scaling policies", "Cooldown"; Amazon ECS Developer Guide,
"Use service auto scaling". AWS documents that target tracking scales in by less than in proportion, not by how much:
here the count is rounded up, so that the metric never passes the target because of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ecslab.scheduler.alarms import AlarmState

COOLDOWN = 300.0
"""Lab seconds, both ways, where a policy says nothing."""
LOW_SHARE = 0.9
"""AlarmLow is at this share of the target (facts: service_autoscaling.alarm_low)."""


class Adjustment(StrEnum):
    """How the number of a step is meant."""

    CHANGE = "ChangeInCapacity"
    PERCENT = "PercentChangeInCapacity"
    EXACT = "ExactCapacity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; bounds are relative to the alarm's threshold, None is without end."""

    adjustment: int
    lower: float | None = None
    upper: float | None = None

    def holds(self, difference: float) -> bool:
        """Above the threshold the lower bound belongs to the step, below it the upper one."""
        low = -math.inf if self.lower is None else self.lower
        high = math.inf if self.upper is None else self.upper
        if difference >= 0 and high > 0:
            return low <= difference < high
        return low < difference <= high


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A scalable target's bounds, and what of it is suspended."""

    least: int
    most: int
    out_suspended: bool = False
    in_suspended: bool = False

    def clamp(self, count: int) -> int:
        """``count`` within min and max."""
        return max(self.least, min(self.most, count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What cooldowns remember: the count before the last scale-out, and until when which cooldown lasts (lab time)."""

    base: int = 0
    out_until: float = 0.0
    in_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one policy wants: a number of tasks, because of which alarm. ``cooldown`` in lab seconds."""

    policy: str
    count: int
    alarm: str
    cooldown: float = COOLDOWN
    value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A service as scaling sees it. ``desired`` is its desired count, ``running`` its RUNNING tasks."""

    desired: int
    running: int
    deploying: bool
    limits: Limits
    memory: Memory
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What to do: ``count`` is None when nothing changes, and then ``held`` may say why."""

    count: int | None = None
    by: Wish | None = None
    memory: Memory
    held: str = ""


def tracked(running: int, value: float, target: float) -> int:
    """ceil(running × value ÷ target): the tasks with which the metric would be at the target."""
    return math.ceil(round(running * value / target, 9))


def adjusted(capacity: int, step: Step, kind: Adjustment, least: int = 0) -> int:
    """The count after a step. ``least`` is MinAdjustmentMagnitude; percentages are rounded towards zero, but never to
    nothing."""
    if kind is Adjustment.EXACT:
        return step.adjustment
    change = step.adjustment if kind is Adjustment.CHANGE else _percent(capacity, step.adjustment)
    if kind is Adjustment.PERCENT and change and abs(change) < least:
        change = int(math.copysign(least, change))
    return max(0, capacity + change)


def _percent(capacity: int, percent: int) -> int:
    change = capacity * percent / 100
    if 0 < abs(change) < 1:
        return int(math.copysign(1, change))
    return math.trunc(change)


def step_for(steps: Sequence[Step], value: float, threshold: float) -> Step | None:
    """The step whose bounds hold the value; None where none does."""
    return next((step for step in steps if step.holds(value - threshold)), None)


def base_for_out(situation: Situation, count: int) -> int:
    """What a scale-out is reckoned from: in a cooldown the count before it, so that nothing is added twice."""
    in_cooldown = situation.now < situation.memory.out_until
    return min(count, situation.memory.base) if in_cooldown and situation.memory.base else count


def choose(situation: Situation, out: Sequence[Wish], down: Sequence[Wish], *, disagreeing: str = "") -> Outcome:
    """Out if any policy wants it, the largest count winning; in only if all agree (``disagreeing`` names one that does
    not), the largest count winning again."""
    limits, desired, memory = situation.limits, situation.desired, situation.memory
    wanted = max(out, key=lambda wish: wish.count, default=None)
    if wanted is not None and wanted.count > desired:
        return _out(situation, wanted)
    if desired < limits.least and (out or down):
        lift = out[0] if out else down[0]
        return Outcome(count=limits.least, by=lift, memory=memory)
    least = max(down, key=lambda wish: wish.count, default=None)
    if least is None or limits.clamp(least.count) >= desired:
        at_min = least is not None and least.count < desired <= limits.least
        return Outcome(memory=memory, held=f"it is at its minimum of {limits.least}" if at_min else "")
    held = _held_in(situation, disagreeing)
    if held or out:
        return Outcome(memory=memory, held=held or f"policy {out[0].policy} wants more")
    kept = Memory(base=memory.base, out_until=memory.out_until, in_until=situation.now + least.cooldown)
    return Outcome(count=limits.clamp(least.count), by=least, memory=kept)


def _out(situation: Situation, wish: Wish) -> Outcome:
    limits, memory, now = situation.limits, situation.memory, situation.now
    if limits.out_suspended:
        return Outcome(memory=memory, held="scaling out is suspended")
    count = limits.clamp(wish.count)
    if count <= situation.desired:
        return Outcome(memory=memory, held=f"it is at its maximum of {limits.most}, and {wish.count} are wanted")
    base = memory.base if now < memory.out_until and memory.base else situation.desired
    return Outcome(count=count, by=wish, memory=Memory(base=base, out_until=now + wish.cooldown, in_until=0.0))


def _held_in(situation: Situation, disagreeing: str) -> str:
    if situation.limits.in_suspended:
        return "scaling in is suspended"
    if situation.deploying:
        return "a deployment is under way"
    if situation.now < situation.memory.in_until:
        return f"the scale-in cooldown lasts {situation.memory.in_until - situation.now:.0f} s more"
    return f"policy {disagreeing} does not agree" if disagreeing else ""


def agrees(low: AlarmState) -> bool:
    """Whether a target tracking policy would scale in: its low alarm is in ALARM."""
    return low is AlarmState.ALARM
