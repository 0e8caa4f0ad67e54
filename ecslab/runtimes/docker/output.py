"""The output of containers and of commands run inside them, each in a thread of its own.

It decodes and splits; it keeps nothing. Invariant: ``on_end`` is called once, after the last line, whatever happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from docker.errors import DockerException

from ecslab.engine import LOST
from ecslab.timeline import real_monotonic, real_sleep

LOOK = 0.02
"""Real seconds between two looks at a command that is about to end."""
TIMED_OUT = 124
_ENDED = (DockerException, *LOST, OSError, ValueError, AttributeError)
"""What a stream may throw when the container or the engine goes away: what was read has been handed over."""


def follow(api: Any, container_id: str, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
    """Hand over every line from the first; returns at once."""

    def run() -> None:
        try:
            for line in lines(api.logs(container_id, stream=True, follow=True, stdout=True, stderr=True)):
                on_line(line)
        except _ENDED:
            pass
        finally:
            on_end()

    threading.Thread(target=run, name="ecslab-docker-output", daemon=True).start()


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Chunks as lines; what is not UTF-8 is replaced."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace")


def execute(api: Any, container_id: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
    """Run a command in a container; (124, …) when it has not ended in time (it is left to end by itself)."""
    made = api.exec_create(container_id, list(command))["Id"]
    output: list[bytes] = []
    worker = threading.Thread(target=lambda: _read(api, made, output), name="ecslab-docker-exec", daemon=True)
    deadline = real_monotonic() + timeout
    worker.start()
    worker.join(timeout)
    while not worker.is_alive():
        found = api.exec_inspect(made)
        if not found["Running"]:
            return int(found["ExitCode"] or 0), b"".join(output).decode("utf-8", "replace")
        if real_monotonic() > deadline:
            break
        real_sleep(LOOK)
    return TIMED_OUT, b"".join(output).decode("utf-8", "replace")


def _read(api: Any, made: str, output: list[bytes]) -> None:
    try:
        output.extend(api.exec_start(made, stream=True))
    except _ENDED as failed:
        output.append(str(failed).encode())
