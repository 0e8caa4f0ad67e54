"""The lab's home folder, and how a client finds the server in it: ``server.json``.

It starts and stops nothing. Invariant: a record whose process is dead, or whose number now belongs to another
process, is as good as none.
"""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import dataclass
from pathlib import Path

from ecslab.client.failures import problem
from ecslab.client.transport import Json, Transport
from ecslab.errors import EcslabError, LabNotRunning

RECORD = "server.json"
LOG = "server.log"
NAMES = ("ECSLAB_STUDENT", "JUPYTERHUB_USER")
"""Environment variables that say who the learner is; the first one that does counts."""
LOOK_SECONDS = 5.0
"""Real seconds a server may take to say that it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What ``server.json`` says of the running server."""

    lab: str
    endpoint: str
    pid: int
    pid_started: float


def lab_home(home: Path | str | None = None) -> Path:
    """``home``, else ``$ECSLAB_HOME``, else ``~/.ecslab``."""
    return Path(home or os.environ.get("ECSLAB_HOME") or Path.home() / ".ecslab").expanduser()


def kind_of(time: str) -> str:
    """real, scaled or virtual, for a wish like ``scaled:20``."""
    return time.partition(":")[0]


def beside_home(home: Path, time: str) -> Path:
    """The home of the second lab that has that kind of time, inside the first one's."""
    return home / f"beside-{kind_of(time)}"


def read_record(home: Path) -> Record | None:
    """The record of a home, or None where there is none that can be read."""
    try:
        said = json.loads((home / RECORD).read_text())
        return Record(
            lab=str(said["lab"]),
            endpoint=str(said["endpoint"]),
            pid=int(said["pid"]),
            pid_started=float(said["pid_started"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def alive(record: Record) -> bool:
    """Whether the very process that wrote the record still runs."""
    import psutil

    try:
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.pid_started) < 1
        return same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def status_of(record: Record) -> Json | None:
    """The status of the record's server, or None where it does not answer (or another lab answers there)."""
    try:
        status = Transport(record.endpoint).get("status", timeout=LOOK_SECONDS)
    except EcslabError:
        return None
    return status if status.get("lab") == record.lab else None


def running(home: Path) -> tuple[Transport, Json] | None:
    """The running server of a home and its status; None where there is none.

    LabNotRunning where its process lives but does not answer: it hangs, and must not be doubled.
    """
    record = read_record(home)
    if record is None:
        return None
    status = status_of(record)
    if status is not None:
        return Transport(record.endpoint), status
    if alive(record) and read_record(home) == record:
        raise problem(
            f"The lab server (process {record.pid}) is there but does not answer at {record.endpoint}.",
            "Run `ecslab stop` and connect again.",
            LabNotRunning,
        )
    return None


def learner() -> str:
    """Who sits here: ``$ECSLAB_STUDENT``, JupyterHub's user, else the user of this machine."""
    for name in NAMES:
        if os.environ.get(name):
            return os.environ[name]
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
