"""What the checks of lab 3 look at: tasks, and when their containers came and went. It only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.checks import World

Task = Mapping[str, Any]


def family_of(task: Task) -> str:
    return str(task["taskDefinitionArn"]).rsplit("/", 1)[-1].rpartition(":")[0]


def tasks(world: World, family: str) -> list[dict[str, Any]]:
    """The tasks of a family, the lately STOPPED included, oldest first."""
    return [t for t in world.tasks(stopped=True) if family_of(t) == family]


def newest(world: World, family: str, *, revision: int = 1) -> dict[str, Any] | None:
    """The newest task of a revision from ``revision`` on, whatever became of it."""
    found = [t for t in tasks(world, family) if int(str(t["taskDefinitionArn"]).rpartition(":")[2]) >= revision]
    return found[-1] if found else None


def container(task: Task, name: str) -> dict[str, Any]:
    return next((dict(c) for c in task["containers"] if c["name"] == name), {})


def definition_of(world: World, task: Task, name: str) -> dict[str, Any]:
    """A container of the task's definition."""
    found = (world.definition(str(task["taskDefinitionArn"])) or {}).get("containerDefinitions", ())
    return next((dict(c) for c in found if c["name"] == name), {})


def moment(world: World, task: Task, name: str, status: str) -> int | None:
    """The number of the journal's entry at which a container first had a status."""
    for entry in world.journal(kind="container.status", subject=str(task["taskArn"])):
        if entry.data.get("container") == name and entry.data.get("status") == status:
            return entry.number
    return None


def health_at(world: World, task: Task, name: str) -> int | None:
    """The same for the moment at which a container was first HEALTHY."""
    for entry in world.journal(kind="container.health", subject=str(task["taskArn"])):
        if entry.data.get("container") == name and entry.data.get("health") == "HEALTHY":
            return entry.number
    return None


def conditions(definition: Mapping[str, Any], on: str) -> list[str]:
    """The conditions under which a container waits for another."""
    return [d["condition"] for d in definition.get("dependsOn", ()) if d["containerName"] == on]


def listed(answer: Any, length: int) -> list[Any]:
    found = list(answer) if isinstance(answer, list | tuple) else []
    return (found + [None] * length)[:length]
