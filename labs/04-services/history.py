"""How many tasks there were, moment by moment, told from the journal.

It judges nothing. Invariant: a task counts from its first journal entry until it is told to stop or stops by
itself, as the service scheduler counts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ecslab.checks import World

COMING = ("PROVISIONING", "PENDING", "ACTIVATING")


def version_of(world: World, arn: str) -> str:
    """The version a definition runs: its VERSION variable, else the image's tag."""
    web = (world.definition(arn) or {"containerDefinitions": [{}]})["containerDefinitions"][0]
    told = {pair["name"]: pair["value"] for pair in web.get("environment") or ()}
    return str(told.get("VERSION") or str(web.get("image", "")).rpartition(":")[2])


def by_version(world: World, service: str) -> dict[str, str]:
    """Task ARN → version, for all tasks the service has or had."""
    tasks = world.tasks(service=service, stopped=True)
    known = {str(task["taskDefinitionArn"]) for task in tasks}
    versions = {arn: version_of(world, arn) for arn in known}
    return {str(task["taskArn"]): versions[str(task["taskDefinitionArn"])] for task in tasks}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """How many tasks there were at one moment: RUNNING, and with those on their way. Who is to go is not counted."""

    number: int
    running: int
    present: int
    of: Mapping[str, int]
    """RUNNING tasks by version."""


def moments(world: World, versions: Mapping[str, str]) -> list[Moment]:
    """The story of these tasks, entry by entry of the journal."""
    now: dict[str, str] = {}
    leaving: set[str] = set()
    story: list[Moment] = []
    for entry in world.journal(kind="task.st"):
        if entry.subject not in versions:
            continue
        if entry.kind == "task.stop":
            leaving.add(entry.subject)
        else:
            now[entry.subject] = str(entry.data.get("to", ""))
        story.append(_moment(entry.number, now, leaving, versions))
    return story


def _moment(number: int, now: Mapping[str, str], leaving: set[str], versions: Mapping[str, str]) -> Moment:
    staying = {arn: status for arn, status in now.items() if arn not in leaving}
    up = [arn for arn, status in staying.items() if status == "RUNNING"]
    coming = sum(status in COMING for status in staying.values())
    return Moment(number=number, running=len(up), present=len(up) + coming, of=Counter(versions[arn] for arn in up))


def first_entry(world: World, arns: Iterable[str]) -> int:
    """The number of the first journal entry about any of these tasks; 0 where there is none."""
    wanted = set(arns)
    return next((e.number for e in world.journal(kind="task.status") if e.subject in wanted), 0)


def rollout(world: World, story: Sequence[Moment], versions: Mapping[str, str], version: str) -> list[Moment]:
    """The moments from the first task of ``version`` until only such tasks run (or until now)."""
    begin = first_entry(world, (arn for arn, of in versions.items() if of == version))
    window: list[Moment] = []
    for moment in (m for m in story if m.number >= begin):
        window.append(moment)
        if moment.of and set(moment.of) == {version} and moment.running == moment.present:
            break
    return window
