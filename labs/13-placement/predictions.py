"""Questions 13.1, 13.3 and 13.5: how many, which, and on which provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from botocore.exceptions import ClientError

from ecslab.checks import Finding, World, failed, passed

from .looking import Instance, attribute, listed, selected, zone_of

COUNTS = (
    (3, "Spread over three zones, each has three of the nine."),
    (2, "Spread over six instances, no one has more than two of the nine."),
    (2, "Seven tasks of 1024 MiB fit into 7985 MiB: binpack fills one instance and begins a second."),
    (6, "Six instances, and each takes one: three tasks are not placed."),
)


def counts(world: World) -> Iterable[Finding]:
    for number, (given, (right, why)) in enumerate(zip(listed(world.answer(), 4), COUNTS, strict=True)):
        if given == right:
            yield passed(why)
        elif number == 2 and given in (3, 6):
            advice = "binpack prefers the fullest instance that still has room. It saves instances; it spreads nothing."
            yield failed(f"Not {given} instances.", advice, code="T54")
        elif number == 2 and given == 1:
            yield failed("Not 1.", "Nine times 1024 MiB is more than one instance has left for tasks.", code="too-full")
        elif number == 3 and given == 9:
            advice = "A constraint binds: without an instance that satisfies it a task is not placed."
            yield failed("Not 9: distinctInstance is no wish.", advice, code="T56")
        elif number == 0 and given == 9:
            yield failed("Not 9.", "That is all of them; how many does each of the three zones get?", code="in-all")
        else:
            yield failed(f"Number {number + 1} is not {given}.", "Divide nine by what it is spread over.", code="count")


Rule = Callable[[Instance], bool]
RULES: tuple[tuple[str, Rule], ...] = (
    ("those in us-east-1a or us-east-1b", lambda i: zone_of(i) in ("us-east-1a", "us-east-1b")),
    (
        "the blue ones outside us-east-1c",
        lambda i: attribute(i, "stack") == "blue" and zone_of(i) != "us-east-1c",
    ),
    ("those on which no task runs", lambda i: i["runningTasksCount"] == 0),
    ("those without an attribute gpu", lambda i: all(a["name"] != "gpu" for a in i["attributes"])),
)


def expressions(world: World) -> Iterable[Finding]:
    everything = selected(world)
    for number, (given, (what, rule)) in enumerate(zip(listed(world.answer(), 4), RULES, strict=True), start=1):
        text = str(given or "").strip()
        if "ec2InstanceId" in text or "i-" in text:
            yield failed(f"Expression {number} names instances.", "Tomorrow there are others. Say what they have in "
                         "common.", code="by-name")  # fmt: skip
            continue
        try:
            found = {i["containerInstanceArn"] for i in selected(world, text)} if text else set()
        except ClientError as refused:
            said = refused.response["Error"]["Message"]
            yield failed(f"Expression {number} cannot be read: {said}", "attribute:NAME == value", code="syntax")
            continue
        wanted = {i["containerInstanceArn"] for i in everything if rule(i)}
        if text and found == wanted:
            yield passed(f"{number}: {what}.")
        else:
            more, less = len(found - wanted), len(wanted - found)
            advice = "and binds tighter than or; use parentheses." if " or " in text and " and " in text else ""
            yield failed(f"Expression {number} selects {more} too many and {less} too few of {what}.",
                         advice or "Try it with instances(filter=…).", code="selection")  # fmt: skip


VECTORS = ((10, (4, 6)), (22, (7, 15)))


def shares(world: World) -> Iterable[Finding]:
    for given, (count, right) in zip(listed(world.answer(), 2), VECTORS, strict=True):
        said = tuple(listed(given, 2))
        if said == right:
            yield passed(f"Of {count}: two are the base, and the other {count - 2} are divided 1 to 3.")
            continue
        numbers = [n for n in said if isinstance(n, int)]
        if said == (2, count - 2):
            yield failed(f"Not {list(said)} of {count}.", "FARGATE has a weight, too: it gets its share beyond the "
                         "base.", code="base-only")  # fmt: skip
        elif len(numbers) == 2 and abs(numbers[0] * 3 - numbers[1]) <= 3:
            yield failed(f"Not {list(said)} of {count}: that divides all of them by weight.",
                         "The base is filled first; only what is beyond is divided.", code="no-base")  # fmt: skip
        else:
            yield failed(f"Not {list(said)} of {count}.", "Take 2 away, divide the rest into four parts.",
                         code="T65")  # fmt: skip
