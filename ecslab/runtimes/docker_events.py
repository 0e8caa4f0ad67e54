"""What the engine tells by itself: events, and the output of containers. Threads, and nothing of the lab's time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import requests
from docker.errors import DockerException

from ecslab.model.labels import LABEL_LAB
from ecslab.timeline import real_monotonic, real_sleep

RECONNECT = 1.0
"""Real seconds until a lost stream of events is asked for again."""
EXEC_LOOK = 0.05


class Events:
    """Listens to the engine's events of one lab and tells ``on_change(container_id)``."""

    def __init__(self, client: Any, lab_id: str, on_change: Callable[[str], None]) -> None:
        self._client = client
        self._lab_id = lab_id
        self._on_change = on_change
        self._stopped = False
        self._stream: Any = None
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin; returns when the engine has been asked."""
        threading.Thread(target=self._listen, name="ecslab-docker-events", daemon=True).start()
        self._ready.wait(5)

    def stop(self) -> None:
        """Listen no more."""
        self._stopped = True
        stream = self._stream
        if stream is not None:
            try:
                stream.close()
            except (OSError, AttributeError, DockerException):
                return

    def _listen(self) -> None:
        wanted = {"label": f"{LABEL_LAB}={self._lab_id}", "event": ["die", "start", "oom", "destroy"]}
        while not self._stopped:
            try:
                self._stream = self._client.events(decode=True, filters=wanted)
                self._ready.set()
                for event in self._stream:
                    self._on_change(event.get("id") or event.get("Actor", {}).get("ID", ""))
            except (DockerException, requests.exceptions.RequestException, OSError, ValueError, AttributeError):
                self._ready.set()
            if not self._stopped:
                real_sleep(RECONNECT)

    @staticmethod
    def execute(api: Any, container_id: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        """Run a command in a container; (124, …) when it has not ended in time (it is left to end by itself)."""
        made = api.exec_create(container_id, list(command))["Id"]
        output: list[bytes] = []
        worker = threading.Thread(target=lambda: _read_all(api, made, output), daemon=True)
        worker.start()
        until = real_monotonic() + timeout
        worker.join(timeout)
        while real_monotonic() <= until:
            found = api.exec_inspect(made)
            if not found["Running"]:
                return int(found["ExitCode"] or 0), b"".join(output).decode("utf-8", "replace")
            real_sleep(EXEC_LOOK)
        return 124, b"".join(output).decode("utf-8", "replace")


def _read_all(api: Any, made: str, output: list[bytes]) -> None:
    try:
        output.append(api.exec_start(made))
    except (DockerException, requests.exceptions.RequestException):
        return


class Follower:
    """Reads one container's output to its end, in a thread and over a connection of its own."""

    def __init__(self, api: Any, container_id: str, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        self._api = api
        self._id = container_id
        self._on_line = on_line
        self._on_end = on_end

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, name="ecslab-docker-output", daemon=True).start()

    def _run(self) -> None:
        try:
            for line in _lines(self._chunks()):
                self._on_line(line)
        except (DockerException, requests.exceptions.RequestException, OSError, ValueError, AttributeError):
            pass  # the container or the engine is gone: what was read has been handed over
        self._on_end()

    def _chunks(self) -> Iterator[bytes]:
        yield from self._api.logs(self._id, stream=True, follow=True, stdout=True, stderr=True)


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace")
