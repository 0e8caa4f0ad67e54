"""What a lab leaves on disk while it runs, and the sweep of what dead labs left.

Each server has one folder, named after itself: ``<lab>.<pid>.<start>``. Invariant: only folders whose server is
dead are swept, and a process is killed only if it is still the one that was written down.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path

import psutil

STATE = "state.json"


def owner_name(lab_id: str) -> str:
    """The name of this server's folder."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", lab_id)
    return f"{plain}.{os.getpid()}.{_start(psutil.Process())}"


def write_state(folder: Path, pid: int) -> None:
    """Write down which process a container is."""
    started = psutil.Process(pid).create_time()
    (folder / STATE).write_text(json.dumps({"pid": pid, "started": started}), encoding="utf-8")


def sweep(folder: Path) -> int:
    """Remove the folders of dead servers under ``folder``, and kill what still runs of them; how many there were."""
    if not folder.is_dir():
        return 0
    dead = [entry for entry in folder.iterdir() if entry.is_dir() and not _owner_lives(entry.name)]
    for entry in dead:
        for written in entry.glob(f"*/{STATE}"):
            _kill(written)
        shutil.rmtree(entry, ignore_errors=True)
    return len(dead)


def _start(process: psutil.Process) -> int:
    started: float = process.create_time()
    return round(started * 100)


def _owner_lives(name: str) -> bool:
    _, _, rest = name.partition(".")
    pid, _, start = rest.partition(".")
    try:
        return abs(_start(psutil.Process(int(pid))) - int(start)) <= 100
    except (psutil.Error, ValueError):
        return False


def _kill(written: Path) -> None:
    try:
        known = json.loads(written.read_text(encoding="utf-8"))
        process = psutil.Process(known["pid"])
        if abs(process.create_time() - known["started"]) < 1.0:
            os.killpg(process.pid, signal.SIGKILL)
    except (OSError, ValueError, KeyError, psutil.Error):
        return
