"""Questions 3.6 to 3.8: a goodbye in time, overrides, and exactly one migration."""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .looking import definition_of, newest, tasks


def goodbye(world: World) -> Iterable[Finding]:
    if len(world.definitions("clerk")) < 2:
        raise NotAttempted("Register a new revision of `clerk` first.")
    task = newest(world, "clerk", revision=2)
    if task is None or task["lastStatus"] != "STOPPED":
        yield failed("No task of the new revision has been stopped yet.", "start, then end(arn)", code="not-stopped",
                     weight=3)  # fmt: skip
        return
    code = task["containers"][0].get("exitCode")
    if code == 0:
        yield passed("It ended with 0: the page is whole.", weight=2)
    elif code == 137:
        advice = "SIGKILL comes stopTimeout seconds after SIGTERM. How long does the page take?"
        yield failed("137 again.", advice, code="T49", weight=2)
    else:
        yield failed(f"It ended with {code}.", "", code="ended", weight=2)
    clerk = definition_of(world, task, "clerk")
    if {"name": "FINISH", "value": "3"} in clerk.get("environment", ()) and clerk.get("command") == ["work"]:
        yield passed("The program is as it was.")
    else:
        yield failed("The program was changed.", "The page takes as long as it takes.", code="changed")


def printed(world: World) -> Iterable[Finding]:
    done = [t for t in tasks(world, "printer") if t["lastStatus"] == "STOPPED"]
    if not done and len(world.definitions("printer")) < 2:
        raise NotAttempted("Run `printer` first.")
    pages = sorted(_pages(world, str(t["taskArn"])) for t in done)
    for wanted in (4, 6):
        if wanted in pages:
            yield passed(f"A customer has {wanted} pages.")
        else:
            advice = "The override's name is the container's name, and its command takes the place of the definition's."
            yield failed(f"Nobody has {wanted} pages; the runs had {pages or 'none'}.", advice, code="pages")
    if len(world.definitions("printer")) == 1:
        yield passed("And there is still one revision.")
    else:
        advice = "What changes from run to run belongs into the run."
        yield failed(f"There are {len(world.definitions('printer'))} revisions now.", advice, code="revisions")


def _pages(world: World, task: str) -> int:
    said = world.lab("GET", "/_ecslab/logs", {"task": task})["lines"]
    return sum(line["message"].startswith("line ") for line in said)


def exactly_once(world: World) -> Iterable[Finding]:
    service = world.service("forum")
    runs = tasks(world, "forum-migrate")
    if service is None and not runs:
        raise NotAttempted("Neither a migration nor a service `forum` is there yet.")
    good = [t for t in runs if t["containers"][0].get("exitCode") == 0]
    every = len(runs) + _inside(world)
    if len(good) == 1 and every == 1:
        yield passed("The migration has run once, and well.", weight=2)
    elif every > 1:
        advice = "A container in the service's definition runs in each of its tasks, and again in each replacement."
        yield failed(f"There were {every} migrations.", advice, code="twice", weight=2)
    else:
        yield failed("There was no migration that ended with 0.", "forum-migrate, as a task of its own.", code="none",
                     weight=2)  # fmt: skip
    members = [t for t in world.tasks(service="forum", stopped=True)] if service is not None else []  # noqa: C416
    if sum(t["lastStatus"] == "RUNNING" for t in members) == 2:
        yield passed("Two tasks of the service run.")
    else:
        yield failed("Two tasks of the service should run.", "desiredCount=2", code="count")
    ended = min((t["stoppedAt"] for t in good), default=None)
    if ended is not None and members and all(t["createdAt"] >= ended for t in members):
        yield passed("The first of them was made after the migration had ended.")
    else:
        advice = "RunTask answers at once; wait until the migration is STOPPED, and look at its exit code."
        yield failed("A task of the service was there before the migration had ended.", advice, code="too-early")


def _inside(world: World) -> int:
    """Migrations that ran as a container beside the web server."""
    return sum(c["name"] == "migrate" for t in world.tasks(service="forum", stopped=True) for c in t["containers"])
