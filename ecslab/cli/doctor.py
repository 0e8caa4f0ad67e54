"""``ecslab doctor``: what this machine has and lacks for the lab, and the command that would help.

Each look is one function that gives one Look; nothing is changed. The exit code is 1 only where the lab cannot run
at all: without Docker it runs too, on processes.
"""

from __future__ import annotations

import argparse
import platform
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from ecslab.cli import engine
from ecslab.client.home import lab_home, read_record, status_of
from ecslab.client.starting import DEFAULT_PORT, port_is_free

LEAST_PYTHON = (3, 11)
LEAST_MEMORY = 1 << 30
LOW_PORTS = (81, 82, 591, 1021)


class Verdict(StrEnum):
    """How a look ended."""

    GOOD = "ok"
    BETTER = "could be better"
    BAD = "missing"


@dataclass(frozen=True, slots=True)
class Look:
    """One thing looked at, in words, with what to try."""

    verdict: Verdict
    words: str
    remedy: str = ""


def doctor(arguments: argparse.Namespace) -> int:
    """Look at everything and say it; 1 where something is missing without which no lab runs."""
    home = lab_home(arguments.home)
    looks: tuple[Callable[[], Look], ...] = (
        python, docker, partial(folder, home), partial(port, home), memory, low_ports,
    )  # fmt: skip
    found = [look() for look in looks]
    for look in found:
        print(f"{look.verdict:>15}  {look.words}")
        if look.remedy:
            print(f"{'':>15}  try: {look.remedy}")
    bad = any(look.verdict is Verdict.BAD for look in found)
    print("The lab cannot run here yet." if bad else f"The lab can run here{_best(found[1])}.")
    return 1 if bad else 0


def _best(look: Look) -> str:
    if look.verdict is Verdict.GOOD:
        return ", on the docker runtime"
    return ", on the process runtime (the lab's own images as local processes)"


def python() -> Look:
    """Python 3.11 or newer."""
    words = f"Python {platform.python_version()}"
    if sys.version_info[:2] >= LEAST_PYTHON:
        return Look(Verdict.GOOD, words)
    return Look(Verdict.BAD, f"{words} is too old: 3.11 or newer is needed", "Run `apt-get install python3.11`.")


def docker() -> Look:
    """A Docker engine: real containers with real limits."""
    found = engine.look()
    if found.answers:
        return Look(Verdict.GOOD, f"Docker: {found.words}")
    return Look(Verdict.BETTER, f"Docker: {found.words}; containers will be local processes", found.remedy)


def folder(home: Path) -> Look:
    """The lab's folder can be written."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as refused:
        words = f"the lab's folder {home} cannot be written ({refused.strerror})"
        return Look(Verdict.BAD, words, "Set ECSLAB_HOME to a folder of yours.")
    return Look(Verdict.GOOD, f"the lab's folder {home} can be written")


def port(home: Path) -> Look:
    """The usual port is free, or ours."""
    record = read_record(home)
    if record is not None and status_of(record) is not None:
        return Look(Verdict.GOOD, f"a lab server is running at {record.endpoint}")
    if port_is_free(DEFAULT_PORT):
        return Look(Verdict.GOOD, f"port {DEFAULT_PORT} is free")
    words = f"port {DEFAULT_PORT} is used by another program; `ecslab up` will take any free one"
    return Look(Verdict.BETTER, words, "Choose one yourself with `ecslab up --port N`.")


def memory() -> Look:
    """Enough memory for a few containers."""
    import psutil

    free = int(psutil.virtual_memory().available)
    words = f"{free / (1 << 30):.1f} GiB of memory available"
    if free >= LEAST_MEMORY:
        return Look(Verdict.GOOD, words)
    return Look(Verdict.BETTER, f"only {words}: large tasks may be killed", "Close other programs.")


def low_ports() -> Look:
    """Whether ports below 1024 can be bound without root (the process runtime shifts them where not)."""
    for number in LOW_PORTS:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except PermissionError:
                break
            except OSError:
                continue
            return Look(Verdict.GOOD, "ports below 1024 can be used")
    remedy = "Run `sudo sysctl net.ipv4.ip_unprivileged_port_start=80`." if sys.platform == "linux" else ""
    return Look(Verdict.BETTER, "ports below 1024 cannot be used; on the process runtime they are shifted", remedy)
