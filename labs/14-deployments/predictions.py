"""Questions 14.1, 14.2, 14.4 and 14.6: bounds, thresholds, and who is where while traffic shifts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ecslab.checks import Finding, World, failed, passed

CASES = ((10, 100, 200), (4, 50, 100), (3, 50, 150), (5, 0, 100), (7, 90, 110))


def listed(answer: Any, length: int) -> list[Any]:
    found = list(answer) if isinstance(answer, list | tuple) else []
    return (found + [None] * length)[:length]


def bounds(world: World) -> Iterable[Finding]:
    for number, (given, (desired, low, high)) in enumerate(
        zip(listed(world.answer(), len(CASES)), CASES, strict=True), start=1
    ):
        least, most = math.ceil(desired * low / 100), math.floor(desired * high / 100)
        said = tuple(listed(given, 2))
        if said == (least, most):
            yield passed(f"{number}: between {least} and {most}.")
        elif said in ((math.floor(desired * low / 100), most), (least, math.ceil(desired * high / 100))) or said == (
            math.floor(desired * low / 100),
            math.ceil(desired * high / 100),
        ):
            yield failed(
                f"{number}: not {list(said)}.", "The minimum is rounded up, the maximum down.", code="rounding"
            )
        else:
            yield failed(f"{number}: not {list(said)}.", "Both are percentages of the desired count.", code="bounds")


def thresholds(world: World) -> Iterable[Finding]:
    for given, desired in zip(listed(world.answer(), 4), (1, 4, 25, 400), strict=True):
        half = math.ceil(desired / 2)
        right = min(200, max(3, half))
        if given == right:
            yield passed(f"{desired}: {right}.")
        elif given == half:
            yield failed(f"{desired}: not {given}.", "Half, but never less than 3 and never more than 200.", code="T69")
        elif given == desired // 2:
            yield failed(f"{desired}: not {given}.", "Half is rounded up.", code="rounding")
        else:
            yield failed(f"{desired}: not {given}.", "Half of the desired count, within its bounds.", code="threshold")


BESIDE = (
    (6, "Three blue and three green.", "second-set"),
    (0, "Test traffic is not production traffic.", "test-is-production"),
    (100, "The bake time begins when the shift is complete.", "bake"),
    (3, "Blue stands until the bake time is over: that is what it is for.", "blue-gone"),
)


def beside(world: World) -> Iterable[Finding]:
    for number, (given, (right, why, code)) in enumerate(zip(listed(world.answer(), 4), BESIDE, strict=True), start=1):
        if given == right:
            yield passed(f"{number}: {right}. {why}")
        else:
            yield failed(f"{number}: not {given}.", why, code=code)


FEW = (
    (9, "25, 50, 75, 100: it waits after three of them.", "steps"),
    (10, "For five minutes only the canary's share is on green.", "canary"),
    (100, "Blue/green sends everybody at once.", "all-at-once"),
)


def few(world: World) -> Iterable[Finding]:
    for number, (given, (right, why, code)) in enumerate(zip(listed(world.answer(), 3), FEW, strict=True), start=1):
        if given == right:
            yield passed(f"{number}: {right}. {why}")
        else:
            yield failed(f"{number}: not {given}.", why, code=code)
