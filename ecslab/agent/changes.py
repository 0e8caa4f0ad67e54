"""Who is told when a container changes by itself: one runtime, many agents, one line each.

A runtime has a single ``on_change``; this is what is put there. It forgets nothing it should call and calls
nobody twice. Invariant: a change of an unknown container is nobody's business here and is dropped (``inspect``
tells the whole truth at the next look). Calls come from any thread.
"""

from __future__ import annotations

from collections.abc import Callable

from ecslab.runtimes.base import Runtime

Listener = Callable[[str], None]


class Changes:
    """Hands each change to the agent whose container it is, and to whoever listened before."""

    def __init__(self, before: Listener) -> None:
        self._before = before
        self._listeners: dict[str, Listener] = {}

    def __call__(self, container_id: str) -> None:
        """``container_id`` has changed."""
        self._before(container_id)
        listener = self._listeners.get(container_id)
        if listener is not None:
            listener(container_id)

    def listen(self, container_id: str, listener: Listener) -> None:
        """Tell ``listener`` of changes of this container."""
        self._listeners[container_id] = listener

    def forget(self, container_id: str) -> None:
        """Tell nobody any more; harmless for an unknown id."""
        self._listeners.pop(container_id, None)


def changes_of(runtime: Runtime) -> Changes:
    """The Changes of this runtime, put in place by whichever agent comes first."""
    present = getattr(runtime, "on_change", None)
    if isinstance(present, Changes):
        return present
    changes = Changes(present or _nobody)
    runtime.on_change = changes
    return changes


def _nobody(container_id: str) -> None:
    """Nobody listened before."""
