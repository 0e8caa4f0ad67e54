"""Questions 3.1 and 3.2: the states of a task, and its last words."""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, World, failed, passed

from .looking import listed

BEGINNING = ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"]
SKIPPED = {"PROVISIONING", "DEPROVISIONING"}


def states(world: World) -> Iterable[Finding]:
    walk, skipped = ([str(s).strip().upper() for s in listed(part, 8) if s] for part in listed(world.answer(), 2))
    if walk == BEGINNING:
        yield passed("PROVISIONING, PENDING, ACTIVATING, RUNNING.", weight=2)
    elif sorted(walk) == sorted(BEGINNING):
        yield failed("Those four, but in another order.", "First the interface, then the agent, then the containers.",
                     code="order", weight=2)  # fmt: skip
    elif walk and walk[0] == "PENDING":
        advice = "A task that waits for its network interface has a state of its own for that."
        yield failed("It does not begin with PENDING.", advice, code="no-interface", weight=2)
    else:
        yield failed(
            "Those are not the states up to RUNNING.", "Read the diagram from the left.", code="states", weight=2
        )
    if set(skipped) == SKIPPED:
        yield passed("Without an interface of its own a task has none to get and none to give back.")
    elif set(skipped) == {"PROVISIONING"}:
        yield failed("Not only PROVISIONING.", "What was got at the beginning is given back at the end.", code="half")
    else:
        yield failed("A bridge task skips others.", "Which two states are about the interface?", code="skipped")


ENDINGS = (
    ("EssentialContainerExited", 0, "It ended by itself: ECS says so also when it ended well."),
    ("UserInitiated", 0, "You stopped it, and it ended in its own time."),
    ("UserInitiated", 137, "You stopped it, it would not, and SIGKILL is 128 + 9."),
    ("TaskFailedToStart", None, "Nothing has run, so nothing has exited."),
    ("EssentialContainerExited", 1, "It ended by itself, and badly."),
)


def endings(world: World) -> Iterable[Finding]:
    for number, (given, (stop, code, why)) in enumerate(zip(listed(world.answer(), 5), ENDINGS, strict=True), start=1):
        said, exited = listed(given, 2)
        if (said, exited) == (stop, code):
            yield passed(f"{number}: {stop}, {code}. {why}")
        elif said == stop and code == 137 and exited == 143:
            yield failed(f"{number}: not 143.", "143 is who dies of SIGTERM; this one ignores it.", code="signals")
        elif said == stop:
            yield failed(f"{number}: the exit code is not {exited}.", why, code="exit-code")
        elif said == "UserInitiated" or stop == "UserInitiated":
            yield failed(f"{number}: not {said}.", "UserInitiated is StopTask, and nothing else.", code="who")
        else:
            yield failed(f"{number}: not {said}.", why, code="stop-code")
