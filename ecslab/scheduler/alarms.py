"""Alarms: from the datapoints of a metric to OK, ALARM or INSUFFICIENT_DATA. Pure.

It reads no metric and runs no action. Invariant: the same datapoints and the same state before give the same state.
Source: CloudWatch User Guide, "Alarm evaluation" and "Configuring how alarms treat missing data"; how many periods
further back CloudWatch looks is not documented, two are what its examples show.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

LOOK_BACK = 2
"""Periods before the evaluation periods whose datapoints stand in for missing ones."""
COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


class AlarmState(StrEnum):
    """What an alarm says."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """TreatMissingData."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """When an alarm goes off. ``periods`` (N) are looked at, ``to_alarm`` (M) of them must breach."""

    comparison: str
    threshold: float
    periods: int = 1
    to_alarm: int = 1
    missing: Missing = Missing.MISSING

    def breaches(self, value: float) -> bool:
        """Whether a datapoint is on the wrong side of the threshold."""
        return COMPARISONS[self.comparison][0](value, self.threshold)

    @property
    def looks_at(self) -> int:
        """How many periods are fetched for one evaluation."""
        return self.periods + LOOK_BACK


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmVerdict:
    """The state an alarm should be in, and CloudWatch's sentence about it."""

    state: AlarmState
    reason: str
    values: tuple[float, ...] = ()
    """The datapoints that were judged, oldest first."""


def evaluate(rule: AlarmRule, points: Sequence[float | None], before: AlarmState) -> AlarmVerdict:
    """Judge one value for each period, oldest first, None where there is none (``rule.looks_at`` of them)."""
    real = tuple(value for value in points if value is not None)
    if len(real) >= rule.periods:
        judged = real[-rule.periods :]
        state = AlarmState.ALARM if _breaching(rule, judged) >= rule.to_alarm else AlarmState.OK
    else:
        judged = real
        state = _with_gaps(rule, real, _age(points), before)
    return AlarmVerdict(state=state, reason=_reason(rule, state, judged, before), values=judged)


def _breaching(rule: AlarmRule, values: Sequence[float]) -> int:
    return sum(rule.breaches(value) for value in values)


def _age(points: Sequence[float | None]) -> int:
    """How many periods ago, the latest being 1, the oldest datapoint was."""
    return next((len(points) - at for at, value in enumerate(points) if value is not None), 0)


def _with_gaps(rule: AlarmRule, real: Sequence[float], age: int, before: AlarmState) -> AlarmState:
    """Fewer datapoints than periods: what is missing counts as TreatMissingData says.

    Where all that there is breaches, that is an ALARM only once the oldest is as old as DatapointsToAlarm ("avoiding
    premature transitions"); the guide names no state for the time before, this lab keeps the one there was.
    """
    breaching, gaps = _breaching(rule, real), rule.periods - len(real)
    if rule.missing is Missing.BREACHING:
        return AlarmState.ALARM if breaching + gaps >= rule.to_alarm else AlarmState.OK
    if rule.missing is Missing.NOT_BREACHING or breaching >= rule.to_alarm:
        return AlarmState.ALARM if breaching >= rule.to_alarm else AlarmState.OK
    if not real:
        return before if rule.missing is Missing.IGNORE else AlarmState.INSUFFICIENT_DATA
    if breaching < len(real):
        return AlarmState.OK
    return before if rule.missing is Missing.IGNORE or age < rule.to_alarm else AlarmState.ALARM


def _reason(rule: AlarmRule, state: AlarmState, judged: Sequence[float], before: AlarmState) -> str:
    if not judged:
        return "Insufficient Data: no datapoints were received."
    count = _breaching(rule, judged)
    shown = ", ".join(f"{value:.12g}" for value in reversed(judged))
    crossed = state is AlarmState.ALARM
    number = count if crossed else len(judged) - count
    verb = "was" if number == 1 else "were"
    words = COMPARISONS[rule.comparison][1]
    change = (
        f" (minimum {rule.to_alarm} datapoint{'s' if rule.to_alarm > 1 else ''} for {before} -> {state} transition)"
    )
    return (
        f"Threshold Crossed: {number} out of the last {len(judged)} datapoints [{shown}] {verb} "
        f"{'' if crossed else 'not '}{words} the threshold ({rule.threshold:g}){change if state != before else ''}."
    )
