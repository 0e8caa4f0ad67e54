"""Questions 4.3 to 4.6 and 4.11: rolling updates, their bounds, and what keeps them from moving.

Judged by the tasks that were really there at each moment, never by a setting. Invariant: an untouched account is
not attempted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .history import Moment, by_version, first_entry, moments, rollout
from .looking import Wire, active, answers, running, stopped_by_hand, stuck


def bounds(world: World) -> Iterable[Finding]:
    lower, upper = _pair(world.answer())
    if lower == 2:
        yield passed("At least 2: half of 3 is 1.5, rounded up.")
    elif lower == 1:
        yield failed("The lower bound is not 1.", "In doubt ECS keeps more of them alive.", code="rounded-down")
    else:
        yield failed(f"The lower bound is not {lower}.", "minimumHealthyPercent of desiredCount.", code="lower")
    if upper == 4:
        yield passed("At most 4: one and a half times 3 is 4.5, rounded down.")
    elif upper == 5:
        yield failed("The upper bound is not 5.", "In doubt ECS stays within what you pay for.", code="rounded-up")
    else:
        yield failed(f"The upper bound is not {upper}.", "maximumPercent of desiredCount.", code="upper")


def _pair(answer: Any) -> tuple[Any, Any]:
    values = list(answer.values()) if isinstance(answer, dict) else answer
    if isinstance(values, list | tuple) and len(values) == 2:
        return values[0], values[1]
    raise NotAttempted("Hand in two numbers: [lower, upper].")


def rolled(world: World) -> Iterable[Finding]:
    versions = by_version(world, "web")
    if "2" not in versions.values():
        if len(world.definitions("web")) < 2:
            raise NotAttempted("Nothing of `web` runs version 2 yet.")
        yield _not_begun(stuck(world, "web"))
        return
    window = rollout(world, moments(world, versions), versions, "2")
    if not window or set(window[-1].of) != {"2"} or window[-1].running < 3:
        code = "T67" if stuck(world, "web") else "unfinished"
        advice = "Read the service's last event." if code == "T67" else "Is it still on its way, or short of room?"
        yield failed("The rollout has not come to its end.", advice, code=code, weight=3)
        return
    yield passed("Three tasks run version 2, and none version 1.")
    yield _kept(window, 2)
    highest = max(moment.present for moment in window)
    if highest <= 4:
        yield passed(f"There were never more than {highest} tasks.")
    else:
        advice = "One of the two percentages says how many there may be. What is it if you say nothing?"
        yield failed(f"For a while there were {highest} tasks; 4 are paid for.", advice, code="above")


def _not_begun(is_stuck: bool) -> Finding:
    if is_stuck:
        advice = "Read the service's last event: it may not stop one, and may not start one."
        return failed("The rollout cannot move.", advice, code="T67", weight=3)
    advice = "A service stays with the revision it was told. Tell it the new one."
    text = "Version 2 is registered, but the service does not use it."
    return failed(text, advice, code="only-registered", weight=3)


def _kept(window: Sequence[Moment], floor: int) -> Finding:
    lowest = min(moment.running for moment in window)
    if lowest >= floor:
        return passed(f"There were never fewer than {lowest} running.")
    advice = "One of the two percentages says how many must stay. What did it allow here?"
    return failed(f"For a while only {lowest} ran; {floor} are needed.", advice, code="below")


def unstuck(world: World) -> Iterable[Finding]:
    if active(world, "web") is None or not stuck(world, "web"):
        raise NotAttempted("The service `web` has not been stuck yet: run the cell above.")
    versions = by_version(world, "web")
    service = world.service("web") or {}
    if "3" not in versions.values():
        now = service["deploymentConfiguration"]
        if service["desiredCount"] == 3 and (now["minimumHealthyPercent"], now["maximumPercent"]) == (100, 100):
            raise NotAttempted("The deployment is still stuck.")
        yield failed("It is still stuck.", "Where may it gain room: above, or below?", code="T67", weight=2)
        return
    window = rollout(world, moments(world, versions), versions, "3")
    if set(window[-1].of) != {"3"} or service["runningCount"] != service["desiredCount"]:
        yield failed("Not all tasks run version 3 yet.", "Is there room for more than one step?", code="T67", weight=2)
        return
    if stopped_by_hand(world, "web"):
        advice = "Stopping tasks yourself works once. The next deployment is stuck again."
        yield failed("You made the room by hand.", advice, code="by-hand", weight=2)
        return
    yield passed("All tasks run version 3.")
    yield _still_three(service)
    yield _kept(window, 2)


def _still_three(service: Wire) -> Finding:
    if service["desiredCount"] == 3:
        return passed("Three are wanted, as before.")
    return failed("The service wants another number of tasks now.", "Three, please.", code="wrong-count")


def rescued(world: World) -> Iterable[Finding]:
    tasks = world.tasks(service="web", stopped=True)
    bad = [task for task in tasks if "CannotPull" in str(task.get("stoppedReason", ""))]
    service = active(world, "web")
    if not bad:
        raise NotAttempted("The bad deployment has not been tried yet: run the cell above.")
    broken = {str(task["taskDefinitionArn"]) for task in bad}
    if service is None:
        yield failed("The service is gone, and its tasks with it.", "It needed another definition.", code="recreated")
        return
    if service["createdAt"] > bad[0]["createdAt"]:
        advice = "Visitors found nobody at home meanwhile. A service can be told to use another definition."
        yield failed("You deleted the service and made a new one.", advice, code="recreated")
        return
    if service["taskDefinition"] in broken:
        yield _still_bad(world, service)
        return
    up = running(world, "web")
    if len(service["deployments"]) != 1 or not len(up) == service["desiredCount"] == 3:
        yield failed("The service has not settled on three good tasks.", "Wait, then look again.", code="unfinished")
        return
    if len(answers(world, up)) < 3:
        yield failed("Not all three tasks answer.", "Which image does the new definition name?", code="no-answer")
        return
    yield passed("Three good tasks run, and all of them answer.", weight=2)
    begin = first_entry(world, (str(task["taskArn"]) for task in bad))
    yield _kept([m for m in moments(world, by_version(world, "web")) if m.number >= begin], 2)


def _still_bad(world: World, service: Wire) -> Finding:
    if service["desiredCount"] == 0:
        advice = "That stopped the good ones, too."
        return failed("You scaled the service to nothing.", advice, code="scaled-to-zero")
    if stopped_by_hand(world, "web"):
        advice = "The service wants them and makes new ones. Change what it wants."
        return failed("You stopped the bad tasks, and the service made new ones.", advice, code="by-hand")
    if service["desiredCount"] == 3:
        raise NotAttempted("The service still uses the bad definition.")
    return failed("The service still uses the bad definition.", "Tell it another.", code="still-bad")


def withstood(world: World) -> Iterable[Finding]:
    service = active(world, "shield")
    if service is None:
        raise NotAttempted("There is no service `shield` yet.")
    tasks = world.tasks(service="shield", stopped=True)
    blows = [t for t in tasks if t.get("stopCode") == "EssentialContainerExited"]
    if len(blows) < 4:
        raise NotAttempted("The attack has not been run yet.")
    versions = by_version(world, "shield")
    story = moments(world, versions)
    begin = next((place for place, moment in enumerate(story) if moment.running >= 4), len(story))
    lowest = min((moment.running for moment in story[begin:]), default=0)
    highest = max(moment.present for moment in story)
    if lowest >= 4:
        yield passed(f"In the worst moment {lowest} tasks were running.", weight=2)
    else:
        yield _fell(service, lowest)
    if highest <= 8:
        yield passed(f"There were never more than {highest} tasks.")
    else:
        yield failed(f"Once there were {highest} tasks; 8 are paid for.", "What is 200 % of it?", code="too-many")
    up = running(world, "shield")
    if up and len(up) == service["desiredCount"] and {versions.get(t["taskArn"]) for t in up} == {"2"}:
        yield passed("And the new version is out.")
    else:
        yield failed("The new version is not out.", "Did the deployment have room?", code="T67")


def _fell(service: Wire, lowest: int) -> Finding:
    least = service["deploymentConfiguration"]["minimumHealthyPercent"]
    text = f"In the worst moment {lowest} tasks were running; 4 are needed."
    if service["desiredCount"] <= 4:
        advice = "A dead task is missed until its replacement runs. Who stands in for it meanwhile?"
        return failed(text, advice, code="no-spare", weight=2)
    if math.ceil(service["desiredCount"] * least / 100) < 5:
        advice = "The deployment itself took some down, and the attack another."
        return failed(text, advice, code="percent-low", weight=2)
    return failed(text, "More than one was missing at the same time.", code="slow", weight=2)
