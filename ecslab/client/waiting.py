"""Waiting for the lab: by boto3's waiters, or until something is true.

Real time is waited for, virtual time is moved. Invariant: every wait ends, and one that ends in vain says how
things stood.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ecslab.client.failures import problem
from ecslab.client.progress import FIRST_SHOWN, Progress
from ecslab.client.transport import Transport
from ecslab.timeline import real_monotonic, real_sleep

if TYPE_CHECKING:
    from ecslab.client.clock import LabTime

T = TypeVar("T")
LOOKS = 300
DELAYS = {"real": 0.5, "scaled": 0.2, "virtual": 1.0}
"""Seconds between two looks of a waiter (lab seconds on virtual time)."""
POLL = 0.2
STEP = 1.0
LONG_STEP = 10.0
"""Lab seconds between two looks of a wait that is counted in minutes, on virtual time."""


def wait(ecs: Any, time: LabTime, waiter: str, arguments: dict[str, Any]) -> None:
    """boto3's waiter with a short delay: on real time it gives up after 300 seconds. LabError."""
    from botocore.exceptions import WaiterError

    if waiter not in ecs.waiter_names:
        raise problem(f"ECS has no waiter '{waiter}'.", f"Use one of: {', '.join(ecs.waiter_names)}.")
    delay = DELAYS[time.kind]
    looks = LOOKS if time.kind == "virtual" else int(LOOKS / delay)
    config = {"Delay": delay, "MaxAttempts": looks} | arguments.pop("WaiterConfig", {})
    try:
        ecs.get_waiter(waiter).wait(**arguments, WaiterConfig=config)
    except WaiterError as failed:
        raise problem(
            f"{failed}.", "lab.why(…) says why a task or service is as it is, lab.story() what happened."
        ) from None


def until(transport: Transport, time: LabTime, predicate: Callable[[], T], timeout: float) -> T:
    """What ``predicate`` gave once it was true. LabError with the last state when ``timeout`` seconds are over."""
    clock = time.seconds if time.kind == "virtual" else real_monotonic
    deadline = clock() + timeout
    while True:
        found = predicate()
        if found:
            return found
        if clock() >= deadline:
            raise problem(
                f"It did not come true within {timeout:g} seconds; it last gave {found!r:.200}. {_state(transport)}",
                "lab.story() tells what happened, lab.why(…) why something did not.",
            )
        if time.kind == "virtual":
            time.advance(STEP)
        else:
            real_sleep(POLL)


def until_lab_time(transport: Transport, time: LabTime, predicate: Callable[[], T], limit: float) -> T:
    """What ``predicate`` gave once it was true. LabError with the last state after ``limit`` seconds of lab time."""
    if not callable(predicate):
        raise problem(
            f"until needs something it can ask again and again; {predicate!r:.80} is an answer already.",
            "Give a function: lab.time.until(lambda: …).",
        )
    began, since, progress = time.seconds(), real_monotonic(), Progress()
    try:
        while True:
            found = predicate()
            if found:
                return found
            passed = time.seconds() - began
            if passed >= limit:
                break
            if real_monotonic() - since > FIRST_SHOWN:
                progress.show(passed, limit, _state(transport))
            time.advance(min(LONG_STEP, limit - passed)) if time.kind == "virtual" else real_sleep(POLL)
    finally:
        progress.close()
    raise problem(
        f"It did not come true within {limit / 60:g} minutes; it last gave {found!r:.200}. {_state(transport)}",
        "lab.story() tells what happened, lab.why(…) why something did not.",
    )


def _state(transport: Transport) -> str:
    """How the services stand, in one sentence."""
    rows = [
        f"{service['name']} runs {service['running']} of {service['desired']}"
        for cluster in transport.get("state")["clusters"]
        for service in cluster["services"]
    ]
    return f"Services now: {', '.join(rows)}." if rows else "No service is there now."
