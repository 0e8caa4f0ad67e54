"""Questions 11.1, 11.3 and 11.5: what the learner thinks will happen. Invariant: each known belief has its own code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ecslab.checks import Finding, World, failed, passed

HOW_MANY = ((6, "4 tasks at 90 %"), (16, "10 tasks at 80 %"), (4, "3 tasks at 70 %"))


def _listed(answer: Any, length: int) -> list[Any]:
    found = list(answer) if isinstance(answer, list | tuple) else []
    return (found + [None] * length)[:length]


def counts(world: World) -> Iterable[Finding]:
    given = _listed(world.answer(), 3)
    for (right, case), said in zip(HOW_MANY, given, strict=True):
        if said == right:
            yield passed(f"{case} become {right}.")
        elif case.startswith("3") and said == 3:
            advice = "3.5 tasks are needed. With 3 the metric would stay above the target: AWS rounds up."
            yield failed(f"{case} do not stay 3.", advice, code="rounded-down")
        elif said == right - int(case.split()[0]):
            yield failed(f"{said} is what is added.", "Asked is how many there are then.", code="only-added")
        else:
            advice = "tasks × percent stays the same: tasks × percent ÷ target, rounded up."
            yield failed(f"{case} do not become {said}.", advice, code="wrong-count")


def timing(world: World) -> Iterable[Finding]:
    percent, minutes = _listed(world.answer(), 2)
    if percent == 54:
        yield passed("Below 54 %, a tenth under the target, a minute counts as low.")
    else:
        codes = {60: "same-threshold", 42: "other-rule"}
        advice = "Look at the threshold of AlarmLow: the gap keeps the service from swinging."
        yield failed(f"Not below {percent} %.", advice, code=codes.get(percent, "wrong-threshold"))
    if minutes == 15:
        yield passed("It takes 15 low minutes in a row.")
    elif minutes == 3:
        advice = "Scaling in is not the mirror of scaling out. Look at EvaluationPeriods of both alarms."
        yield failed("After 3 minutes it scales out, not in.", advice, code="T78")
    elif minutes == 5:
        advice = "The cooldown is the pause between two changes; the alarm needs its minutes before the first."
        yield failed("Five minutes are the cooldown.", advice, code="cooldown")
    else:
        yield failed(f"Not {minutes} minutes.", "Look at EvaluationPeriods of AlarmLow.", code="wrong-minutes")


CASES = (
    ("out", "CPU wants more", "One policy is enough to scale out.", "any-out"),
    ("stay", "memory is neither high nor low", "To scale in, all policies must agree; below 54 % memory would.", "T78"),
    ("in", "both are low", "Both AlarmLow are in ALARM, and nothing holds the service.", "all-in"),
    ("stay", "a deployment is under way", "Scaling in waits until a deployment has ended.", "deployment"),
)


def conflict(world: World) -> Iterable[Finding]:
    given = _listed(world.answer(), 4)
    for number, ((right, why, advice, code), said) in enumerate(zip(CASES, given, strict=True), 1):
        if str(said).strip().lower() == right:
            yield passed(f"Case {number}: {right}; {why}.")
        else:
            yield failed(f'Case {number}: not "{said}"; {why}.', advice, code=code)
