"""Questions 2.7 and 2.9: containers that live in one task, and which of them may die.

Judged by who outlived whom. Invariant: an untouched account is not attempted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ecslab.checks import Finding, World, failed, passed
from ecslab.model.definition import memory_mib

from .looking import Wire, container, get, revision_of, revisions_of, runs

MAX_BYTES = 64 * 1024


def sidecar(world: World) -> Iterable[Finding]:
    made = revisions_of(world, "pair", 2, "The family `pair` has no second revision yet.")
    newest = made[-1]
    helper = container(newest, "helper", "containerDefinitions")
    if helper.get("command") != ["exit", "1", "--after", "3"]:
        advice = "Helpers do die. Leave it as it is and make the task stand it."
        yield failed("The helper is gone or does something else.", advice, code="app-changed", weight=3)
        return
    tasks = [t for t in runs(world, "pair", stopped=True) if revision_of(t) == int(newest["revision"])]
    survivor = next((task for task in tasks if _outlived(task)), None)
    if survivor:
        yield passed("The helper exited with 1, and the web container went on.", weight=2)
        if survivor["lastStatus"] == "RUNNING" and not get(world, survivor):
            yield failed("The web container does not answer.", "Is its port still mapped?", code="no-port")
        else:
            yield passed("What visitors see never stopped.")
        return
    yield _why_not_outlived(newest, helper, tasks)


def _outlived(task: Wire) -> bool:
    """Whether web was alive after the helper ended: it still runs, or it was killed on its own."""
    helper, web = container(task, "helper"), container(task, "web")
    if helper.get("lastStatus") != "STOPPED" or helper.get("exitCode") != 1:
        return False
    return web.get("lastStatus") == "RUNNING" if task["lastStatus"] == "RUNNING" else web.get("exitCode") == 137


def _why_not_outlived(newest: Wire, helper: Wire, tasks: list[dict[str, Any]]) -> Finding:
    web = container(newest, "web", "containerDefinitions")
    if not tasks:
        return failed("No task of the new revision has run.", "Run one.", code="not-run", weight=3)
    if helper.get("essential", True) and not web.get("essential", True):
        advice = "Ask of each container: may the task go on without it?"
        return failed("You have it the wrong way round: the helper decides.", advice, code="swapped", weight=3)
    if helper.get("essential", True):
        advice = "Every container is essential until you say otherwise, and one essential exit stops them all."
        return failed("The helper's end still ends the whole task.", advice, code="T36", weight=3)
    return failed("The helper has not exited yet.", "Wait a moment.", code="too-early", weight=3)


def convoy(world: World) -> Iterable[Finding]:
    made = revisions_of(world, "convoy", 1, "Nothing is registered yet under the family `convoy`.")
    newest = made[-1]
    tasks = [t for t in runs(world, "convoy", stopped=True) if revision_of(t) == int(newest["revision"])]
    count, size = len(newest["containerDefinitions"]), len(json.dumps(newest["containerDefinitions"]))
    reserved = sum(c.get("memoryReservation") or c.get("memory") or 0 for c in newest["containerDefinitions"])
    reserved = memory_mib(newest.get("memory")) or reserved
    if count != 10 or size > MAX_BYTES:
        advice = "Web and nine helpers: use the ten that a task may have, within 64 KB."
        yield failed(f"The definition has {count} containers and {size} bytes.", advice, code="not-ten", weight=4)
        return
    if not tasks:
        yield failed("The definition stands, but no task of it has run.", "Run one.", code="not-run", weight=4)
        return
    up = [task for task in tasks if task["lastStatus"] == "RUNNING" and get(world, task)]
    if up:
        yield passed("Ten containers in one task, and the web container answers.", weight=2)
    else:
        advice = "When one container ended, did the task have to end too? lab.why(task) tells which one it was."
        yield failed("No task of `convoy` is up and answering.", advice, code="T36", weight=2)
    lost = [t for t in up if any(c["lastStatus"] == "STOPPED" and c["name"] != "web" for c in t["containers"])]
    if lost:
        yield passed("It has lost a helper and sails on.")
    else:
        advice = "Run the cell that kills a helper, then check again." if up else "First it must stay up."
        yield failed("It has not survived the loss of a helper.", advice, code="untested" if up else "T36")
    if up and reserved <= 1024:
        yield passed(f"It reserves {reserved} MiB of the 1024 allowed.")
    elif up:
        yield failed(f"It reserves {reserved} MiB; 1024 are allowed.", "Small helpers need little.", code="too-heavy")
    else:
        yield failed("Its appetite can be judged once it is up.", code="T36")
