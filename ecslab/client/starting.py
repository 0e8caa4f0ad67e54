"""Starting a lab server in the background, and ending it: one server for each home, whoever asks first.

Not the server (``ecslab serve`` is started as a process of its own). Invariants: two clients that start one at
the same moment end with one server (a lock file decides); nothing is printed; a failed start says why.
"""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path

from ecslab.client.failures import problem
from ecslab.client.home import LOG, Record, alive, read_record, running, status_of
from ecslab.client.transport import Json, Transport
from ecslab.errors import EcslabError, LabError
from ecslab.timeline import real_monotonic, real_sleep

DEFAULT_PORT = 4510
START_SECONDS = 40.0
LOCK_SECONDS = 60.0
STOP_SECONDS = 30.0
KILL_SECONDS = 5.0
LAST_LINES = 8
LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The server to start. ``port`` None is 4510, or any free one where that is taken."""

    home: Path
    runtime: str
    time: str
    port: int | None = None
    labs: Path | None = None
    owner_pid: int | None = None
    remove_home: bool = False


def ensure(wanted: Wanted) -> tuple[Transport, Json]:
    """The running server of the home, started if there is none. LabError with the log's last lines."""
    try:
        wanted.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(wanted.home / "start.lock"):
            return running(wanted.home) or _start(wanted)
    except OSError as refused:
        raise problem(
            f"The lab's folder {wanted.home} cannot be written ({refused.strerror}).",
            "Set ECSLAB_HOME to a folder of yours.",
        ) from None


def _start(wanted: Wanted) -> tuple[Transport, Json]:
    if wanted.port is not None:
        return _started(wanted, wanted.port)
    if port_is_free(DEFAULT_PORT):
        try:
            return _started(wanted, DEFAULT_PORT)
        except EcslabError:
            if port_is_free(DEFAULT_PORT):
                raise
    return _started(wanted, 0)


def _started(wanted: Wanted, port: int) -> tuple[Transport, Json]:
    with (wanted.home / LOG).open("w+b") as log:
        process = subprocess.Popen(
            _command(wanted, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"ECSLAB_HOME": str(wanted.home), "PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=process.wait, name="ecslab-server-wait", daemon=True).start()
        return _ready(wanted, process, log)


def _command(wanted: Wanted, port: int) -> list[str]:
    command = [sys.executable, "-m", "ecslab", "serve", "--home", str(wanted.home), "--port", str(port)]
    command += ["--runtime", wanted.runtime, "--time", wanted.time]
    if wanted.labs is not None:
        command += ["--labs", str(wanted.labs)]
    if wanted.owner_pid is not None:
        command += ["--owner-pid", str(wanted.owner_pid)]
    return [*command, "--remove-home"] if wanted.remove_home else command


def _ready(wanted: Wanted, process: subprocess.Popen[bytes], log: BufferedRandom) -> tuple[Transport, Json]:
    deadline = real_monotonic() + START_SECONDS
    while real_monotonic() < deadline and process.returncode is None:
        record = read_record(wanted.home)
        status = status_of(record) if record is not None and record.pid == process.pid else None
        if record is not None and status is not None:
            return Transport(record.endpoint), status
        real_sleep(LOOK_EVERY)
    late = process.returncode is None
    if late:
        process.terminate()
    raise _not_started(wanted, log, late)


def _not_started(wanted: Wanted, log: BufferedRandom, late: bool) -> EcslabError:
    log.seek(0)
    lines = [line for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()][-LAST_LINES:]
    hints = [line.strip().removeprefix("try: ") for line in lines if line.strip().startswith("try: ")]
    said = [line.removeprefix("ecslab: ") for line in lines if not line.strip().startswith("try: ")]
    what = (
        f"The lab server did not answer within {START_SECONDS:.0f} seconds" if late else "The lab server did not start"
    )
    message = f"{what}: {' / '.join(said)}" if said else f"{what}, and said nothing."
    hint = hints[-1] if hints else f"Run `ecslab doctor`; `ecslab serve --runtime {wanted.runtime}` shows all it says."
    return problem(message, hint)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the lock of a home. LabError after LOCK_SECONDS."""
    deadline = real_monotonic() + LOCK_SECONDS
    with file.open("a") as held:
        while not _taken(held.fileno()):
            if real_monotonic() > deadline:
                raise problem("Another program has been starting this lab for too long.", "Run `ecslab stop`.")
            real_sleep(0.05)
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def end_all(home: Path) -> bool:
    """``end`` for the server of a home and for those beside it; False where none ran."""
    beside, own = end_beside(home), end(home)
    return beside or own


def end_beside(home: Path) -> bool:
    """``end`` for the servers beside the one of a home (``connect(…, beside=True)``); False where none ran."""
    ended = [end(folder) for folder in sorted(home.glob("beside-*")) if folder.is_dir()]
    return any(ended)


def end(home: Path) -> bool:
    """Stop the server of a home and wait until its process is gone; False where none ran.

    It is asked to shut down, then sent SIGTERM, then SIGKILL. LabError where even that does not end it.
    """
    record = read_record(home)
    if record is None or not alive(record):
        (home / "server.json").unlink(missing_ok=True)
        return False
    try:
        Transport(record.endpoint).post("shutdown", timeout=5)
        asked = True
    except EcslabError:
        asked = False
    if not (asked and _gone(record, STOP_SECONDS)) and not _ended_by_force(record):
        raise problem(f"The lab server (process {record.pid}) does not end.", f"Try `kill -9 {record.pid}`.", LabError)
    if read_record(home) == record:
        (home / "server.json").unlink(missing_ok=True)
    return True


def _ended_by_force(record: Record) -> bool:
    import psutil

    try:
        process = psutil.Process(record.pid)
        process.terminate()
        if _gone(record, KILL_SECONDS):
            return True
        process.kill()
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return _gone(record, KILL_SECONDS)


def _gone(record: Record, seconds: float) -> bool:
    deadline = real_monotonic() + seconds
    while alive(record):
        if real_monotonic() > deadline:
            return False
        real_sleep(LOOK_EVERY)
    return True
