"""Questions 3.3 to 3.5: containers that wait for one another, and one that gives up."""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .looking import conditions, container, definition_of, health_at, moment, newest


def migrated_first(world: World) -> Iterable[Finding]:
    if len(world.definitions("shop")) < 2:
        raise NotAttempted("Register a new revision of `shop` first.")
    task = newest(world, "shop", revision=2)
    if task is None:
        yield failed("No task of the new revision was run.", 'start("shop")', code="not-run", weight=4)
        return
    ended, began = moment(world, task, "migrate", "STOPPED"), moment(world, task, "web", "RUNNING")
    if container(task, "migrate").get("exitCode") == 0:
        yield passed("The migration has ended with 0.")
    else:
        yield failed("The migration has not ended with 0.", "It must be let end: is it essential?", code="migration")
    if ended is not None and began is not None and ended < began:
        yield passed("The web server started after that.", weight=2)
    elif began is None:
        yield failed("The web server never started.", "lab.why(task) says what it waits for.", code="no-web", weight=2)
    else:
        advice = "START is met as soon as the migration has begun."
        yield failed("The web server started before the migration had ended.", advice, code="too-early", weight=2)
    wanted = conditions(definition_of(world, task, "web"), "migrate")
    if wanted == ["SUCCESS"]:
        yield passed("After a migration that failed it would not start at all.")
    elif wanted == ["COMPLETE"]:
        yield failed("It would start after a migration that failed, too.", "COMPLETE asks for no exit code.",
                     code="complete")  # fmt: skip
    else:
        advice = "dependsOn, with the condition that looks at the exit code."
        yield failed("Nothing keeps it from starting after a migration that failed.", advice, code="no-success")


def healthy_first(world: World) -> Iterable[Finding]:
    task = newest(world, "bank")
    if task is None:
        raise NotAttempted("Run a task of `bank` first.")
    health, began = health_at(world, task, "db"), moment(world, task, "web", "RUNNING")
    if container(task, "db").get("healthStatus") == "HEALTHY":
        yield passed("The database is HEALTHY.")
    elif definition_of(world, task, "db").get("healthCheck"):
        advice = "5432 is where it listens; app health asks port 80 unless told otherwise."
        yield failed("The health check does not find the database well.", advice, code="check-fails")
    else:
        advice = "ECS knows only the healthCheck of the definition; a Dockerfile's it does not read."
        yield failed("Nobody has asked the database how it is.", advice, code="T39")
    if health is not None and began is not None and health < began:
        yield passed("The web server started after it was HEALTHY.", weight=2)
    elif began is None:
        yield failed("The web server has not started.", "It waits. For what?", code="no-web", weight=2)
    else:
        advice = "A container has STARTED long before it answers. Which condition asks for more?"
        yield failed("The web server did not wait until the database was HEALTHY.", advice, code="too-early", weight=2)


def given_up(world: World) -> Iterable[Finding]:
    if len(world.definitions("clinic")) < 2:
        raise NotAttempted("Register a new revision of `clinic` first.")
    task = newest(world, "clinic", revision=2)
    if task is None or task["lastStatus"] != "STOPPED":
        advice = "startTimeout belongs to the container that is waited FOR."
        yield failed("No task of the new revision has given up.", advice, code="still-waiting", weight=3)
        return
    if task.get("stopCode") == "UserInitiated":
        yield failed("You have stopped it; it did not give up by itself.", "startTimeout, in seconds.", code="by-hand")
    else:
        yield passed(f"It gave up by itself: {task.get('stoppedReason')}")
    database = definition_of(world, task, "db")
    if "9" in database.get("healthCheck", {}).get("command", ()) and database["healthCheck"].get("retries") == 10:
        yield passed("The health check is as it was.")
    else:
        yield failed("The health check was changed.", "Leave it to the people of the clinic.", code="changed")
    if database.get("startTimeout") == 5:
        yield passed("It waits five seconds, and no longer.")
    else:
        yield failed(f"startTimeout of db is {database.get('startTimeout')}.", "Five seconds were asked for.",
                     code="timeout")  # fmt: skip
