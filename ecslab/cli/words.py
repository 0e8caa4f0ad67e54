"""What several commands say in the same words: where the lab answers, on which runtime, and what is pretended."""

from __future__ import annotations

from collections.abc import Iterable


def endpoint_line(endpoint: str) -> str:
    """Where the lab answers."""
    return f"The lab answers at {endpoint}"


def runtime_line(name: str, reason: str, pretended: Iterable[str], time: str = "real") -> str:
    """Which runtime was chosen, why, and what is only pretended on it: one line."""
    only = ", ".join(pretended)
    clock = "" if time == "real" else f" Time is {time}."
    return f"Runtime {name}: {reason.rstrip('.')}. Only pretended: {only or 'nothing'}.{clock}"
