"""Questions 4.1, 4.2 and 4.7 to 4.10: what a service promises, keeps, and leaves behind.

Judged by its tasks and where they run. Invariant: an untouched account is not attempted.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, Uncheckable, World, failed, passed

from .history import first_entry, moments
from .looking import active, answers, running, short, stopped_by_hand


def three_tasks(world: World) -> Iterable[Finding]:
    service = active(world, "web")
    if service is None:
        loose = [task for task in world.tasks() if not str(task["group"]).startswith("service:")]
        if not loose:
            raise NotAttempted("There is no service `web` yet.")
        advice = "They run, but nobody looks after them. A service is its own call."
        yield failed(f"{len(loose)} tasks run without a service.", advice, code="standalone", weight=3)
        return
    tasks = running(world, "web")
    if service["desiredCount"] == 3 and len(tasks) == 3:
        yield passed("Three tasks are wanted, and three run.")
    else:
        advice = "One service can want several tasks. lab.why('web') says what keeps it from them."
        text = f"{service['desiredCount']} tasks are wanted and {len(tasks)} run; it should be 3 and 3."
        yield failed(text, advice, code="wrong-count")
    count = len(answers(world, tasks))
    if count == len(tasks) == 3:
        yield passed("All three answer.")
    else:
        yield failed(f"{count} of 3 answer.", "Which definition does the service use?", code="no-answer")
    if any("steady state" in event["message"] for event in service["events"]) and tasks:
        yield passed("The service says that it has reached a steady state.")
    else:
        yield failed("No steady state yet.", 'Wait for it: lab.wait("services_stable", …).', code="not-steady")


def healed(world: World) -> Iterable[Finding]:
    tasks = world.tasks(service="web", stopped=True)
    lost = [t for t in tasks if t["lastStatus"] == "STOPPED" and t.get("stopCode") != "ServiceSchedulerInitiated"]
    if not lost:
        raise NotAttempted("No task of `web` has been killed yet.")
    first = lost[0]
    entries = world.journal(kind="task.status", subject=first["taskArn"])
    fell = next((entry.number for entry in entries if entry.data.get("from") == "RUNNING"), 0)
    later = [t["taskArn"] for t in tasks if first_entry(world, [t["taskArn"]]) > fell > 0]
    answer = short(world.answer())
    if answer in {short(arn) for arn in later}:
        yield passed("That is the replacement: a new task with an id of its own.")
    elif answer in {short(task["taskArn"]) for task in lost}:
        advice = "A task has one life. What ECS started afterwards is another task: list the service's tasks again."
        yield failed("That is the task you killed. It stays STOPPED for ever.", advice, code="same-id")
    elif answer in {short(task["taskArn"]) for task in tasks}:
        advice = "Compare the lists from before and after: one id is new."
        yield failed("That one ran all along.", advice, code="survivor")
    else:
        yield failed("The service has no task with this id.", "Hand in a task id or ARN.", code="not-a-task")


def never_gives_up(world: World) -> Iterable[Finding]:
    answer = str(world.answer()).strip().lower()[:1]
    if answer == "d":
        yield passed("Never, and without a pause: each time it did reach RUNNING.")
    elif answer == "c":
        advice = "That holds for tasks that never reach RUNNING. This one does, for two seconds."
        yield failed("The pauses are for another kind of failure.", advice, code="throttle")
    elif answer in ("a", "b"):
        advice = "Giving up is what the deployment circuit breaker is for, and it is off unless you switch it on."
        yield failed("ECS has more patience than that.", advice, code="T68")
    else:
        raise NotAttempted('Hand in one letter: "a", "b", "c" or "d".')


def scaled(world: World) -> Iterable[Finding]:
    service = active(world, "web")
    peak = _peak(world)
    loose = [t for t in world.tasks() if t["group"] == "family:web"]
    if service is None or (service["desiredCount"] == 3 and peak < 5 and not loose):
        raise NotAttempted("The service `web` has not been scaled yet.")
    if loose:
        yield failed("Some tasks of `web` run beside the service.", "It must want them itself.", code="standalone")
    if peak >= 5:
        yield passed("It had five tasks at once.")
    else:
        yield failed(f"It never had more than {peak} tasks outside a rollout.", "Five, and wait.", code="only-in")
    here = running(world, "web")
    if service["desiredCount"] == len(here) == 2 and not stopped_by_hand(world, "web"):
        yield passed("Now two are wanted and two run; the service itself stopped the others.")
    elif stopped_by_hand(world, "web"):
        advice = "Whoever stops a task of a service gets a new one."
        yield failed("You stopped tasks by hand.", advice, code="by-hand")
    else:
        text = f"{service['desiredCount']} are wanted and {len(here)} run; it should be 2 and 2."
        yield failed(text, "Back again, and wait until it is steady.", code="only-out")


def _peak(world: World) -> int:
    """The most tasks of one deployment that ever ran at once: only scaling takes it beyond the old count."""
    deployments = {str(t["taskArn"]): str(t.get("startedBy")) for t in world.tasks(service="web", stopped=True)}
    return max((max(moment.of.values(), default=0) for moment in moments(world, deployments)), default=0)


def daemon(world: World) -> Iterable[Finding]:
    service = active(world, "logger")
    if service is None:
        raise NotAttempted("There is no service `logger` yet.")
    arns = world.ecs.list_container_instances(cluster="default", status="ACTIVE")["containerInstanceArns"]
    if len(arns) < 3:
        raise Uncheckable("The third instance has not joined yet: run the cell that adds it.")
    places = [task.get("containerInstanceArn") for task in running(world, "logger")]
    is_daemon = service["schedulingStrategy"] == "DAEMON"
    advice = (
        "A number does not follow the instances. There is a scheduling strategy that does."
        if not is_daemon
        else "lab.why('logger') says what is in the way."
    )
    if sorted(map(str, places)) == sorted(arns):
        yield passed(f"One task on each of {len(arns)} instances.")
    else:
        text = f"{len(places)} tasks on {len(set(places))} of {len(arns)} instances; each needs one."
        yield failed(text, advice, code="unfinished" if is_daemon else "replica")
    if is_daemon:
        yield passed("And the service will follow the next instance, too.")
    else:
        yield failed("The service will not follow the next instance.", advice, code="replica")


def ended(world: World) -> Iterable[Finding]:
    service = world.service("fragile")
    if service is None or (service["status"] == "ACTIVE" and service["desiredCount"] > 0):
        if service is not None and (world.service("web") or {}).get("status") in ("DRAINING", "INACTIVE"):
            yield failed("You deleted `web`. `fragile` still runs.", "Names matter.", code="wrong-service")
            return
        raise NotAttempted("The service `fragile` is still at it.")
    if service["status"] == "ACTIVE":
        yield failed("It wants no tasks, but it is still there.", "One more call.", code="only-scaled")
    elif world.tasks(service="fragile"):
        yield failed("It still has tasks to stop.", "Wait a moment.", code="unfinished")
    else:
        yield passed("The service is gone, and its tasks with it.")
