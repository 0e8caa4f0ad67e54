"""Questions 1.1, 1.3 and 1.4: who does what, what is registered, and what a dead agent means."""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, World, failed, passed

from .looking import listed

PLANES = (
    ("control plane", "Placement is the scheduler's."),
    ("control plane", "desiredStatus is the wish, and wishes are the control plane's."),
    ("agent", "The image has to be where the container will run."),
    ("agent", "lastStatus is what the agent has reported."),
    ("control plane", "Nobody asks the instance: the API answers from what was reported."),
    ("agent", "Only the agent sees the machine; it registers what it finds."),
)


def planes(world: World) -> Iterable[Finding]:
    for number, (given, (right, why)) in enumerate(zip(listed(world.answer(), 6), PLANES, strict=True), start=1):
        said = str(given or "").strip().lower()
        if said == right:
            yield passed(f"{number}: the {right}. {why}")
        elif said in ("agent", "control plane"):
            yield failed(f"{number}: not the {said}.", why, code="wish-and-report" if number in (2, 4, 5) else "planes")
        else:
            yield failed(f"{number}: {given!r} is neither.", 'Write "control plane" or "agent".', code="words")


def registered(world: World) -> Iterable[Finding]:
    units, fitting = listed(world.answer(), 2)
    if units == 2048:
        yield passed("Two vCPU are 2048 units.")
    elif units == 2:
        yield failed("Not 2: CPU is counted in units.", "1024 for a vCPU.", code="T31")
    else:
        yield failed(f"Not {units} units.", "A vCPU is 1024 units.", code="units")
    if fitting == 3:
        yield passed("Three: an instance registers less than the 4096 MiB it is sold with.")
    elif fitting == 4:
        yield failed("Not 4.", "The operating system takes its part before the agent counts.", code="advertised")
    else:
        yield failed(f"Not {fitting}.", "Divide what is registered by what is reserved.", code="fit")


def agent_gone(world: World) -> Iterable[Finding]:
    answers, connected, reason = listed(world.answer(), 3)
    if answers is True:
        yield passed("The container goes on: Docker runs it, not the agent.")
    else:
        advice = "The agent starts and reports. What runs, runs without it."
        yield failed("The container does not stop with the agent.", advice, code="T59")
    if connected is False:
        yield passed("agentConnected is false, and the instance is still ACTIVE.")
    else:
        yield failed("The control plane notices: agentConnected is false.", "", code="connected")
    if str(reason).strip().upper() == "AGENT":
        yield passed("AGENT: nobody there would start it.")
    elif str(reason).strip().upper().startswith("RESOURCE"):
        yield failed(f"Not {reason}: there is room enough.", "Who would have to start it?", code="T59-resource")
    else:
        yield failed(f"Not {reason}.", "One word, in capitals, that names who is missing.", code="reason")
