"""Questions 3.6 to 3.8: a goodbye in time, overrides, and exactly one migration."""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .looking import container, definition_of, moment, newest, tasks


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
        yield failed("137 again.", advice, code="too-short", weight=2)
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


def closed(world: World) -> Iterable[Finding]:
    if len(world.definitions("kiosk")) < 2:
        raise NotAttempted("Register a new revision of `kiosk` first.")
    task = newest(world, "kiosk", revision=2)
    if task is None or task["lastStatus"] != "STOPPED":
        yield failed("No task of the new revision has been stopped yet.", "start, wait for the report, end(arn)",
                     code="not-stopped", weight=4)  # fmt: skip
        return
    if task.get("stopCode") == "EssentialContainerExited":
        yield failed("The end of a container was the end of the task.", "Which one may end, with the others going on?",
                     code="essential", weight=2)  # fmt: skip
    elif container(task, "report").get("exitCode") == 0:
        yield passed("The report ended, and the others went on until you stopped the task.", weight=2)
    else:
        advice = "Wait until the container `report` is STOPPED before you stop the task."
        yield failed("The report did not come to its end.", advice, code="not-over", weight=2)
    till, ledger = (moment(world, task, name, "STOPPED") for name in ("till", "ledger"))
    if till is not None and ledger is not None and till < ledger:
        yield passed("The till was closed before the ledger.", weight=2)
    else:
        advice = "Containers are stopped in the reverse order of their dependsOn; without one, all at once."
        yield failed("The ledger was closed before the till.", advice, code="order", weight=2)


def exactly_once(world: World) -> Iterable[Finding]:
    service = world.service("forum")
    runs = tasks(world, "forum-migrate")
    if service is None and not runs:
        raise NotAttempted("Neither a migration nor a service `forum` is there yet.")
    good = [t for t in runs if t["containers"][0].get("exitCode") == 0]
    inside = _inside(world)
    if inside:
        advice = "A container in the service's definition runs in each of its tasks, and again in each replacement."
        yield failed(f"The tasks of the service have migrated {inside} times.", advice, code="twice", weight=2)
    elif len(runs) > 1:
        advice = "One run, and it must end with 0. To begin again from an empty account: lab.reset()."
        yield failed(f"forum-migrate was run {len(runs)} times.", advice, code="again", weight=2)
    elif good:
        yield passed("The migration has run once, and well.", weight=2)
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
    """Migrations that ran as a container beside the web server, whatever its name: told by what they printed."""
    return sum(_pages(world, str(t["taskArn"])) > 0 for t in world.tasks(service="forum", stopped=True))
