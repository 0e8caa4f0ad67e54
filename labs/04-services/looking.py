"""What the checks of lab 4 look at now: services, their tasks, answers and events.

What was is in ``history``. Invariant: it only reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecslab.checks import World
from ecslab.errors import EcslabError
from ecslab.timeline import real_monotonic, real_sleep

Wire = Mapping[str, Any]
PATIENCE = 3.0
"""Real seconds that a RUNNING container is given to listen."""
STUCK = "was unable to stop or start tasks during a deployment"


def short(arn: object) -> str:
    return str(arn).rsplit("/", 1)[-1]


def active(world: World, name: str) -> dict[str, Any] | None:
    """The service while it is ACTIVE."""
    found = world.service(name)
    return found if found is not None and found["status"] == "ACTIVE" else None


def running(world: World, service: str) -> list[dict[str, Any]]:
    return [task for task in world.tasks(service=service) if task["lastStatus"] == "RUNNING"]


def answers(world: World, tasks: Sequence[Wire]) -> list[str]:
    """What these tasks answer; nothing for one that does not, or not with 200."""
    deadline = real_monotonic() + (0.0 if world.runtime == "simulated" else PATIENCE)
    found = [_answer(world, task) for task in tasks]
    while "" in found and real_monotonic() < deadline:
        real_sleep(0.2)
        found = [body or _answer(world, task) for body, task in zip(found, tasks, strict=True)]
    return [body for body in found if body]


def _answer(world: World, task: Wire) -> str:
    try:
        status, body = world.curl(str(task["taskArn"]))
    except EcslabError:
        return ""
    return body if status == 200 else ""


def stuck(world: World, service: str) -> bool:
    said = [str(entry.text) for entry in world.journal(kind="service.event", subject=service)]
    said += [event["message"] for event in (world.service(service) or {}).get("events", [])]
    return any(STUCK in text for text in said)


def stopped_by_hand(world: World, service: str) -> list[dict[str, Any]]:
    """Tasks of the service that somebody has told to stop, with StopTask."""
    return [t for t in world.tasks(service=service, stopped=True) if t.get("stopCode") == "UserInitiated"]
