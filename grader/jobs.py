"""Giving work to worker processes: one warm worker for each thread, replaced when it fails; and what came back, read.

``grade`` is an ordinary function of JSON-like arguments, so any ``concurrent.futures.Executor`` can run it: threads
here, or those of Dask's workers on other machines. Invariants: every job gives a result; a worker that does not
answer in time is killed with everything it started; when this process ends its workers end.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ecslab.errors import LabError
from ecslab.timeline import real_monotonic
from grader.inside.channel import Broken, Channel
from grader.sandbox.rung import Limits

START_SECONDS = 180.0
MOST = 96 << 20
"""The longest frame between a worker and who gives it work: a notebook, or a result with its tape."""
MARGIN = 60.0
"""Real seconds beyond those of the learner's program that a lab has for checks."""
SPARE = 90.0
"""Real seconds beyond a submission's own that a worker has: a new sandbox, sweeping, a second try."""
TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How workers grade: the labs folder, the weakest sandbox allowed ("" for any) or the one to use, the limits."""

    labs: str
    rung: str = ""
    exactly: str = ""
    unsafe: bool = False
    limits: Limits = field(default_factory=Limits)

    def to_json(self) -> dict[str, Any]:
        """The settings as a worker reads them."""
        return asdict(self)


class Worker:
    """A worker process, from here. Errors: LabError where it cannot start (no sandbox, for example)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        ours, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()  # a pipe would fill up  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "grader.worker", json.dumps({**settings.to_json(), "fd": theirs.fileno()})],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        theirs.close()
        self._channel = Channel(ours, real_monotonic, MOST)
        self.rung = self._started()

    def _started(self) -> str:
        try:
            said = self._channel.receive(START_SECONDS)
        except (Broken, TimeoutError):
            said_last = self.close()
            raise LabError("A grading worker did not start.", said_last[-1500:] or "It said nothing.") from None
        if "refused" in said:
            self.close()
            raise LabError(*said["refused"])
        return str(said["rung"])

    def do(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """One job's answer. Broken or TimeoutError where the worker is of no more use."""
        limit = 2 * (self._settings.limits.seconds + MARGIN) + SPARE
        self._channel.send(job, seconds=60)
        return self._channel.receive(limit)

    def close(self) -> str:
        """End the worker with all it started; what it said on stderr."""
        self._channel.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        with self._said as said:
            said.seek(0)
            return said.read(20_000).decode(errors="replace")


_workers: dict[tuple[int, int, Settings], Worker] = {}
_lock = threading.Lock()


def grade(settings: Settings, job: Mapping[str, Any]) -> dict[str, Any]:
    """Do one job on this thread's worker; where the worker fails, once more on a new one.

    Errors: LabError where no worker can be had. What goes wrong with a submission is in the answer.
    """
    for _ in range(TRIES):
        worker = _mine(settings)
        try:
            answer = worker.do(job)
        except (Broken, TimeoutError) as failed:
            _dismiss(settings)
            why = f"The worker that graded it failed ({failed or 'it took too long'})."
            continue
        return answer
    return {"events": [], "failure": why, "sandbox": "", "digest": digest(str(job.get("notebook", ""))), "notes": []}


def digest(text: str) -> str:
    """By which a hand-in is known again."""
    return hashlib.sha256(text.encode()).hexdigest()


def rung_of(settings: Settings) -> str:
    """The sandbox this thread's worker has. LabError where there is none."""
    return _mine(settings).rung


def _mine(settings: Settings) -> Worker:
    key = (os.getpid(), threading.get_ident(), settings)
    with _lock:
        worker = _workers.get(key)
    if worker is None:
        worker = Worker(settings)
        with _lock:
            _workers[key] = worker
    return worker


def _dismiss(settings: Settings) -> None:
    with _lock:
        worker = _workers.pop((os.getpid(), threading.get_ident(), settings), None)
    if worker is not None:
        worker.close()


def dismiss_all() -> None:
    """End every worker of this process."""
    with _lock:
        mine = [key for key in _workers if key[0] == os.getpid()]
        ended = [_workers.pop(key) for key in mine]
    for worker in ended:
        worker.close()


atexit.register(dismiss_all)


def labs_of(course: Path, default: Path) -> Path:
    """The labs a course grades by: ``$ECSLAB_LABS``, else its own ``labs/`` where it has one, else ``default``."""
    named = os.environ.get("ECSLAB_LABS")
    if named:
        return Path(named)
    own = course / "labs"
    return own if own.is_dir() else default
