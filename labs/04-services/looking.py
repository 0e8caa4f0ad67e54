"""What the checks of lab 4 look at now: services, their tasks, answers and events.

What was is in ``history``. Invariant: it only reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecslab.checks import World
from ecslab.errors import EcslabError

Wire = Mapping[str, Any]
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
    found = []
    for task in tasks:
        try:
            status, body = world.curl(str(task["taskArn"]))
        except EcslabError:
            continue
        if status == 200:
            found.append(body)
    return found


def stuck(world: World, service: str) -> bool:
    said = [str(entry.text) for entry in world.journal(kind="service.event", subject=service)]
    said += [event["message"] for event in (world.service(service) or {}).get("events", [])]
    return any(STUCK in text for text in said)


def stopped_by_hand(world: World, service: str) -> list[dict[str, Any]]:
    """Tasks of the service that somebody has told to stop, with StopTask."""
    return [t for t in world.tasks(service=service, stopped=True) if t.get("stopCode") == "UserInitiated"]
