"""What the checks of lab 2 look at: tasks of a family, revisions, answers.

It judges nothing (the checks do). Invariant: it only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.checks import NotAttempted, World
from ecslab.errors import EcslabError
from ecslab.timeline import real_monotonic, real_sleep

Wire = Mapping[str, Any]
PATIENCE = 3.0
"""Real seconds that a RUNNING container is given to listen."""


def family_of(task: Wire) -> str:
    return str(task["taskDefinitionArn"]).rsplit("/", 1)[-1].rsplit(":", 1)[0]


def revision_of(task: Wire) -> int:
    return int(str(task["taskDefinitionArn"]).rsplit(":", 1)[-1])


def runs(world: World, family: str, cluster: str = "default", stopped: bool = False) -> list[dict[str, Any]]:
    """Tasks of a family that are RUNNING; with ``stopped`` the STOPPED ones too."""
    wanted = {"RUNNING", "STOPPED"} if stopped else {"RUNNING"}
    tasks = world.tasks(cluster=cluster, stopped=stopped)
    return [task for task in tasks if family_of(task) == family and task["lastStatus"] in wanted]


def get(world: World, task: Wire, path: str = "/") -> str:
    """The body of a task's answer; empty where it gives none or not a 200."""
    deadline = real_monotonic() + (0.0 if world.runtime == "simulated" else PATIENCE)
    while True:
        try:
            status, body = world.curl(str(task["taskArn"]), None, path)
        except EcslabError:
            status, body = 0, ""
        if status == 200 or real_monotonic() >= deadline:
            return body if status == 200 else ""
        real_sleep(0.2)


def container(holder: Wire, name: str, key: str = "containers") -> dict[str, Any]:
    return next((dict(found) for found in holder[key] if found["name"] == name), {})


def only(definition: Wire) -> dict[str, Any]:
    return dict(definition["containerDefinitions"][0])


def revisions_of(world: World, family: str, at_least: int, else_say: str) -> list[dict[str, Any]]:
    found = world.definitions(family)
    if len(found) < at_least:
        raise NotAttempted(else_say)
    return found
