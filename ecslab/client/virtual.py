"""boto3's waiters on virtual time: between two looks they move the lab's clock instead of sleeping real seconds.

On virtual time nothing happens while a program sleeps, so a waiter of boto3 would sleep for nothing. A client of
such a lab gets, through botocore's own ``creating-client-class`` event, a ``get_waiter`` whose waiters look once,
advance the clock by their delay, and look again. Nothing of botocore is patched: clients made elsewhere in the
same process, of AWS itself for example, wait as they always did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Advance = Callable[[float], None]
OVER = "Max attempts exceeded"


def teach(session: Any, advance: Advance) -> None:
    """Let every client that the botocore ``session`` makes from now on wait by ``advance(seconds)``."""

    class VirtualWaits:
        def get_waiter(self, waiter_name: str) -> Any:
            waiter = super().get_waiter(waiter_name)  # type: ignore[misc]
            waiter.wait = _waiting(waiter, waiter.wait, advance)
            return waiter

    def add(base_classes: list[type], **event: Any) -> None:
        base_classes.insert(0, VirtualWaits)

    session.register("creating-client-class", add)


def _waiting(waiter: Any, look: Callable[..., None], advance: Advance) -> Callable[..., None]:
    def wait(**arguments: Any) -> None:
        asked = arguments.pop("WaiterConfig", {})
        delay = float(asked.get("Delay", waiter.config.delay))
        for _ in range(int(asked.get("MaxAttempts", waiter.config.max_attempts)) - 1):
            if _looked(look, arguments):
                return
            advance(delay)
        look(**arguments, WaiterConfig={"Delay": 0, "MaxAttempts": 1})

    return wait


def _looked(look: Callable[..., None], arguments: dict[str, Any]) -> bool:
    """One look of the waiter: True when it has seen what it waits for. WaiterError for a failure it has seen."""
    from botocore.exceptions import WaiterError

    try:
        look(**arguments, WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    except WaiterError as not_yet:
        if str(not_yet.kwargs.get("reason", "")).startswith(OVER):
            return False
        raise
    return True
