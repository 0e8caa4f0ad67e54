"""What the engine tells by itself: one stream of events for a lab, in one thread.

It changes nothing and remembers nothing but which containers ran out of memory. Invariant: a lost stream is asked
for again until ``stop``; what was missed meanwhile costs time only, as the agents look by themselves too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from docker.errors import DockerException

from ecslab.engine import LOST
from ecslab.model.labels import LABEL_LAB
from ecslab.timeline import real_sleep

RECONNECT = 1.0
"""Real seconds until a lost stream is asked for again."""
READY = 5.0
WANTED = ["die", "start", "oom", "destroy"]


class Events:
    """Listens to the engine's events of one lab and tells ``on_change(container_id)``."""

    def __init__(self, api: Any, lab_id: str, on_change: Callable[[str], None]) -> None:
        self.out_of_memory: set[str] = set()
        """Containers of which the engine told so: its own flag on the container sometimes comes too late."""
        self._api = api
        self._lab_id = lab_id
        self._on_change = on_change
        self._stopped = False
        self._stream: Any = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="ecslab-docker-events", daemon=True)

    def start(self) -> None:
        """Begin; returns when the engine has been asked."""
        self._thread.start()
        self._ready.wait(READY)

    def stop(self) -> None:
        """Listen no more."""
        self._stopped = True
        try:
            if self._stream is not None:
                self._stream.close()
        except (OSError, AttributeError, DockerException):
            return  # it was closed already
        if threading.current_thread() is not self._thread:
            self._thread.join(RECONNECT)

    def _listen(self) -> None:
        wanted = {"type": "container", "label": f"{LABEL_LAB}={self._lab_id}", "event": WANTED}
        while not self._stopped:
            try:
                self._stream = self._api.events(decode=True, filters=wanted)
                self._ready.set()
                for event in self._stream:
                    self._take(event)
            except (DockerException, *LOST, OSError, ValueError, AttributeError):
                self._ready.set()
            if not self._stopped:
                real_sleep(RECONNECT)

    def _take(self, event: dict[str, Any]) -> None:
        container_id = str(event.get("id") or event.get("Actor", {}).get("ID", ""))
        kind = event.get("Action") or event.get("status")
        if kind == "oom":
            self.out_of_memory.add(container_id)
        elif kind == "destroy":
            self.out_of_memory.discard(container_id)
        if not self._stopped:
            self._on_change(container_id)
