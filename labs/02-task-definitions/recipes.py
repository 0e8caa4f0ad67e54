"""Questions 2.1 and 2.2: a definition by hand, and its next revision.

Judged by what was registered and by what runs of it. Invariant: an untouched account is not attempted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed
from ecslab.model.definition import cpu_units, memory_mib

from .looking import Wire, get, only, revisions_of, runs


def first_definition(world: World) -> Iterable[Finding]:
    made = revisions_of(world, "hello", 1, "Nothing is registered yet under the family `hello`.")
    yield _task_size(made)
    yield _container_limit(made)
    tasks = runs(world, "hello")
    if not tasks:
        advice = "A definition is only a recipe: RunTask cooks it. If a task stopped, lab.why(task) says why."
        yield failed("No task of `hello` is running.", advice, code="only-registered", weight=2)
        return
    answers = [body for body in (get(world, task, "/json") for task in tasks) if body]
    if not answers:
        advice = "Does the container publish the port it listens on (80)? A port that is not mapped cannot be reached."
        yield failed("A task of `hello` runs, but nothing answers from outside.", advice, code="no-port", weight=2)
        return
    yield passed("A task of `hello` runs and answers.")
    if any('"COURSE"' in body or "'COURSE'" in body for body in answers):
        yield passed("The program sees the environment variable COURSE.")
    else:
        advice = "The container's `environment` is a list of objects with a name and a value, both strings."
        yield failed("The program answers, but sees no variable COURSE.", advice, code="no-environment")


def _task_size(made: list[dict[str, Any]]) -> Finding:
    sizes = [(cpu_units(found.get("cpu")), memory_mib(found.get("memory"))) for found in made]
    if (256, 512) in sizes:
        return passed("The task as a whole has a quarter of a vCPU and 512 MiB.")
    inside = [only(found).get("cpu") for found in made]
    where = (
        "You gave a size to the container. The task has a size of its own, one level up; there it is written as text."
        if any(inside) and all(size == (None, None) for size in sizes)
        else "1 vCPU is 1024 CPU units; memory counts in MiB. At the level of the task both are written as text."
    )
    return failed(f"The task's own size is {sizes[-1]} (CPU units, MiB), not (256, 512).", where, code="T31")


def _container_limit(made: list[dict[str, Any]]) -> Finding:
    web = only(made[0])
    if web.get("memory") == 128:
        return passed("The container may use 128 MiB and not more.")
    if web.get("memoryReservation") == 128:
        advice = "You wrote the soft one of the two memory settings. Which of them is the line that kills?"
        return failed("128 MiB are only reserved, not a limit.", advice, code="T34")
    return failed("The container has no limit of 128 MiB.", "Limits of a container stand inside it.", code="no-limit")


def revisions(world: World) -> Iterable[Finding]:
    made = world.definitions("hello")
    if len(made) < 2:
        families = world.ecs.list_task_definition_families(familyPrefix="hello", status="ACTIVE")["families"]
        if any(name != "hello" for name in families):
            advice = "A new family starts again at 1, and services of the old family never hear of it."
            yield failed("You made a new family, not a new revision.", advice, code="new-family")
            return
        raise NotAttempted("The family `hello` has no second revision yet.")
    first = [found for found in made if str(only(found)["image"]).endswith(":1")]
    second = [found for found in made if str(only(found)["image"]).endswith(":2")]
    if not second:
        advice = "The new revision is to run the image ecslab/web with the tag 2."
        yield failed("No revision of `hello` runs version 2.", advice, code="no-second", weight=4)
        return
    usable = world.definition("hello") or {}
    yield _newest_is_second(usable, second)
    retired = bool(first) and all(found["status"] == "INACTIVE" for found in first)
    if retired:
        yield passed("Version 1 is INACTIVE: nobody can start it by mistake any more.")
    else:
        yield failed("Version 1 can still be started.", "Deregister the revision that runs it.", code="still-active")
    bodies = [get(world, task) for task in runs(world, "hello")]
    if any("version 2" in body for body in bodies):
        yield passed("A task of version 2 runs.")
    else:
        yield failed("No task of version 2 answers.", "A new revision starts nothing by itself.", code="not-run")
    if retired and any("version 1" in body for body in bodies):
        yield passed("The old task of version 1 still runs: deregistering stops nothing.")
    else:
        advice = "Deregistering does not stop tasks, and here you need not stop it either: leave the old one running."
        yield failed("The first task, or its retirement, is missing from the picture.", advice, code="T52")


def _newest_is_second(usable: Wire, second: list[dict[str, Any]]) -> Finding:
    if usable.get("status") == "ACTIVE" and str(only(usable)["image"]).endswith(":2"):
        return passed("`hello` without a number now means version 2.")
    if all(found["status"] == "INACTIVE" for found in second):
        return failed("You deregistered version 2, not version 1.", "Look which number it has.", code="wrong-revision")
    advice = "The newest ACTIVE revision is what a family's bare name stands for."
    return failed("`hello` without a number does not mean version 2.", advice, code="wrong-revision")
