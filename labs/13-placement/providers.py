"""Questions 13.6 and 13.7: a floor of on-demand capacity, and a program that survives Spot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed
from ecslab.scheduler.capacity import split

from .looking import family_of, running

FAR = 50
"""How far the kiosk is scaled out in thought."""


def kiosk(world: World) -> Iterable[Finding]:
    service = world.service("kiosk")
    if service is None or service["status"] != "ACTIVE":
        raise NotAttempted("There is no service `kiosk` on the cluster default yet.")
    tasks = running(world, "kiosk", "default")
    shares = Counter(t.get("capacityProviderName", "no provider") for t in tasks)
    told = ", ".join(f"{n} on {name}" for name, n in sorted(shares.items())) or "none"
    if len(tasks) == 5:
        yield passed("Five kiosks run.")
    else:
        yield failed(f"{len(tasks)} kiosks run.", "It should be five.", code="count")
    if shares == {"FARGATE": 2, "FARGATE_SPOT": 3}:
        yield passed("Two are on FARGATE, three on FARGATE_SPOT.")
    elif shares.get("no provider"):
        advice = "launchType FARGATE knows no Spot. Leave it out and give capacityProviderStrategy."
        yield failed("They run by launch type.", advice, code="T62")
    else:
        yield failed(f"They are: {told}.", "base 2 on FARGATE, and the weight on FARGATE_SPOT.", code="shares")
    yield _far(service)


def _far(service: dict[str, Any]) -> Finding:
    strategy = tuple(service.get("capacityProviderStrategy") or ())
    if not strategy:
        return failed("There is no strategy that a larger kiosk could follow.", "capacityProviderStrategy", code="T62")
    shares = Counter(split(strategy, FAR))
    if shares == {"FARGATE": 2, "FARGATE_SPOT": FAR - 2}:
        return passed(f"With {FAR} kiosks, {FAR - 2} would be on Spot.")
    if shares["FARGATE"] > 2:
        advice = "What has a weight gets its share of everything beyond the base. Weight 0 gets nothing beyond."
        return failed(f"With {FAR} kiosks, {shares['FARGATE']} would be on FARGATE.", advice, code="T65")
    return failed(f"With {FAR} kiosks, {shares['FARGATE']} would be on FARGATE.", "base says how many at the least.",
                  code="no-base")  # fmt: skip


def ledger(world: World) -> Iterable[Finding]:
    ended = [t for t in world.tasks(stopped=True) if family_of(t) == "ledger" and t["lastStatus"] == "STOPPED"]
    if len(world.definitions("ledger")) < 2:
        raise NotAttempted("Register a new revision of `ledger` first.")
    newest = [t for t in ended if not str(t["taskDefinitionArn"]).endswith(":1")]
    interrupted = [t for t in newest if t.get("stopCode") == "SpotInterruption"]
    if not interrupted:
        advice = "task = spot_run(), then lab.interrupt(task); stop_task is not an interruption."
        yield failed("No task of the new revision was taken back.", advice, code="not-interrupted", weight=2)
        return
    task = interrupted[-1]
    yield passed("Fargate Spot has taken a task back.")
    code = task["containers"][0].get("exitCode")
    if code == 0:
        yield passed("It has closed its books and ended with 0.")
    elif code == 137:
        yield failed("SIGKILL came before it was done (137).", "stopTimeout is what it has after SIGTERM.", code="T64")
    else:
        yield failed(f"It ended with {code}.", "", code="ended")
    container = (world.definition(task["taskDefinitionArn"]) or {})["containerDefinitions"][0]
    finish = next((v["value"] for v in container.get("environment", ()) if v["name"] == "FINISH"), "")
    if finish == "5":
        yield passed("The program is as it was.")
    else:
        yield failed(
            "The program was changed.", "Leave FINISH at 5: the books take as long as they take.", code="changed"
        )
