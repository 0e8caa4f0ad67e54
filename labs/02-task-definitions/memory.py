"""Questions 2.3 to 2.6: what is set aside, what kills, and how much is enough.

Judged by how many tasks run where, and whether they live. Invariant: an untouched account is not attempted.
"""

from __future__ import annotations

from collections.abc import Iterable

from botocore.exceptions import ClientError

from ecslab.checks import Finding, Uncheckable, World, failed, passed
from ecslab.model.definition import memory_mib

from .looking import Wire, only, revision_of, revisions_of, runs


def _packing_memory(world: World) -> list[int]:
    try:
        arns = world.ecs.list_container_instances(cluster="packing")["containerInstanceArns"]
        found = world.ecs.describe_container_instances(cluster="packing", containerInstances=arns)
    except ClientError as refused:
        raise Uncheckable("There is no cluster `packing`: run the cell that makes it.") from refused
    resources = [{r["name"]: r for r in each["registeredResources"]} for each in found["containerInstances"]]
    if not resources:
        raise Uncheckable("The cluster `packing` has no instance yet: run the cell that adds it.")
    return [int(each["MEMORY"]["integerValue"]) for each in resources]


def how_many_fit(world: World) -> Iterable[Finding]:
    memory = _packing_memory(world)[0]
    answer, fits = _number(world.answer()), memory // 1024
    if answer == fits:
        yield passed(f"{fits} tasks: {memory} MiB divided by the 1024 that each reserves.")
    elif answer == memory // 2000:
        advice = "You divided by the line that kills. Placement looks at the other number."
        yield failed("That is how many would fit if all used their limit.", advice, code="T34")
    elif answer == 10:
        advice = "RunTask starts what fits and reports the rest. What is left of the instance after each task?"
        yield failed("Ten were asked for; asking is not getting.", advice, code="T58")
    else:
        advice = "How much memory has the instance registered, and what does each task take from it?"
        yield failed(f"{answer} is not what placement comes to.", advice, code="off")


def _number(answer: object) -> float | None:
    try:
        return float(str(answer))
    except ValueError:
        return None


def pack_more(world: World) -> Iterable[Finding]:
    made = revisions_of(world, "cache", 2, "The family `cache` has no second revision yet.")
    if len(_packing_memory(world)) > 1:
        advice = "A second instance holds more, and costs more. One is enough."
        yield failed("The cluster `packing` has more than one instance.", advice, code="more-instances", weight=3)
        return
    limits = {int(found["revision"]): only(found).get("memory") for found in made}
    tasks = [task for task in runs(world, "cache", "packing") if revision_of(task) > int(made[0]["revision"])]
    if len(tasks) >= 12:
        yield passed(f"{len(tasks)} tasks of the new revision run on one instance.", weight=2)
    else:
        code = "T58" if len(tasks) == 10 else "too-few"
        advice = "Ten is the most that one RunTask call starts." if len(tasks) == 10 else _room(made[-1])
        yield failed(f"{len(tasks)} tasks of the new revision run; 12 are wanted.", advice, code=code, weight=2)
    used = {limits.get(revision_of(task)) for task in tasks} or {only(made[-1]).get("memory")}
    if not tasks and used == {2000}:
        yield failed("Whether each may grow to 2000 MiB can be judged once they run.", code="too-few")
    elif used == {2000}:
        yield passed("Each may still grow to 2000 MiB.")
    elif None in used:
        yield failed("They have no hard limit any more.", "One greedy task can now eat the instance.", code="no-limit")
    else:
        advice = "You moved the line that kills. The number that placement counts is the other one."
        yield failed("They can no longer grow to 2000 MiB.", advice, code="T34")


def _room(newest: Wire) -> str:
    if (only(newest).get("memoryReservation") or 0) >= 1000:
        return "Each still reserves as much as before."
    return "Do the old tasks still hold their places? lab.why(task) and the failures of RunTask tell."


def _hard_limit(definition: Wire) -> int:
    """MiB beyond which the first container is killed; 0 for no limit at all."""
    return only(definition).get("memory") or memory_mib(definition.get("memory")) or 0


def exit_code(world: World) -> Iterable[Finding]:
    answer = _number(world.answer())
    if answer == 137:
        yield passed("137 = 128 + 9: the kernel sent SIGKILL.")
    elif answer == 143:
        advice = "143 is SIGTERM, a request. Does a process that is out of memory get a chance to tidy up?"
        yield failed("Nobody asked it to stop.", advice, code="sigterm")
    elif answer in (0, 1):
        advice = "An exit code of its own needs a process that still lives to choose it."
        yield failed("The program never got to end by itself.", advice, code="own-exit")
    else:
        advice = "A process killed by a signal has 128 plus the number of the signal."
        yield failed(f"{answer} is not what a kill leaves behind.", advice, code="off")


def enough_memory(world: World) -> Iterable[Finding]:
    made = revisions_of(world, "greedy", 2, "The family `greedy` has no second revision yet.")
    newest = made[-1]
    if only(newest).get("command") != ["hog", "128"]:
        advice = "The program needs its 128 MiB. Change what it may use, not what it does."
        yield failed("You changed the program.", advice, code="app-changed", weight=3)
        return
    limit = _hard_limit(newest)
    tasks = runs(world, "greedy", stopped=True)
    alive = [t for t in tasks if revision_of(t) == int(newest["revision"]) and t["lastStatus"] == "RUNNING"]
    if not alive:
        yield _why_not_alive(newest, limit)
    else:
        yield passed("The program holds its 128 MiB and lives.", weight=2)
    if alive and 0 < limit <= 256:
        yield passed(f"Its hard limit of {limit} MiB protects the others.")
    elif alive and not limit:
        advice = "What you set is only reserved. Beyond it nothing stops the program."
        yield failed("It has no hard limit now.", advice, code="T34")
    elif alive:
        yield failed(f"A limit of {limit} MiB is generous: 256 must do.", "Measure, then cut.", code="too-generous")
    else:
        yield failed("A limit can be judged once the program lives.", code="too-small")


def _why_not_alive(newest: Wire, limit: int) -> Finding:
    if only(newest).get("memory") == 64 and memory_mib(newest.get("memory")):
        advice = "You gave the task more; the container in it still has its own, smaller limit."
        return failed("The container is still killed at 64 MiB.", advice, code="container-limit", weight=2)
    advice = "The interpreter itself needs some 20 MiB on top. Look at the container's exitCode and reason."
    return failed(f"It does not stay alive with {limit} MiB.", advice, code="too-small", weight=2)
