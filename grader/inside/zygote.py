"""The program of a sandbox: everything a notebook needs is loaded once, and each submission gets a fork of it.

It speaks with the trusted worker over one Unix socket: ``start`` (with the channel of the submission as a file
descriptor; it answers with the listening socket of the lab's door, made on this side of the wall), ``interrupt`` and
``sweep``, which ends every process that is not itself. Invariants: it runs no code of a learner and holds nothing
worth reading; after ``sweep`` nothing of the submission is left alive.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
from typing import Any

from ecslab.timeline import real_monotonic, real_sleep

from . import confine
from .channel import Broken, Channel
from .program import Program, forget, preload

FOREVER = 365 * 86_400.0
SWEEPS = 400
_own: set[int] = set()


def main(arguments: list[str]) -> int:
    """Serve until the worker is gone."""
    kind, where = arguments[1], arguments[2]
    control = Channel(_connected(kind, where), real_monotonic)
    confine.die_with_parent() if kind == "--fd" else None
    confine.undumpable()
    confine.adopt_orphans()
    shell = preload()
    gc.collect()
    gc.freeze()
    control.send({"ready": True, "pid": os.getpid(), "landlock": confine.abi()})
    while True:
        try:
            asked = control.receive(FOREVER)
            control.send(*_answer(control, asked, shell))
        except (Broken, TimeoutError):
            _sweep(namespace=os.getpid() == 1)
            return 0


def _connected(kind: str, where: str) -> socket.socket:
    if kind == "--fd":
        return socket.socket(fileno=int(where))
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    found.connect(where)
    return found


def _answer(control: Channel, asked: dict[str, Any], shell: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
    if "start" in asked:
        return _start(control, asked["start"], shell)
    if "interrupt" in asked:
        _signal(int(asked["interrupt"]), signal.SIGINT)
        return {"interrupted": True}, ()
    if "sweep" in asked:
        return {"swept": _sweep(namespace=os.getpid() == 1)}, ()
    return {"unknown": True}, ()


_doors: list[socket.socket] = []
_temporary: set[str] = set()


def _start(control: Channel, settings: dict[str, Any], shell: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
    (channel,) = control.descriptors()
    _temporary.add(settings["temporary"])
    while _doors:
        _doors.pop().close()
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.bind(("127.0.0.1", 0))
    door.listen(32)
    pid = os.fork()
    if pid == 0:
        _become(channel, door.getsockname()[1], settings, shell)
    os.close(channel)
    _own.add(pid)
    _doors.append(door)  # the worker has it by the next message
    return {"pid": pid, "port": door.getsockname()[1]}, (door.fileno(),)


def _become(channel: int, port: int, settings: dict[str, Any], shell: Any) -> None:
    """From here on this process is the learner's; it never returns."""
    try:
        os.setsid()
        held = 200
        os.dup2(channel, held)
        os.closerange(3, held)
        os.closerange(held + 1, 4096)
        program = Program(Channel(socket.socket(fileno=held), real_monotonic), shell)
        program.settle(port, settings)
        program.serve()
    finally:
        os._exit(0)


def _signal(pid: int, number: int) -> None:
    if pid in _own:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            _own.discard(pid)


def _sweep(*, namespace: bool) -> int:
    """End everything but this process: all of the PID namespace, or else all that descends from it. How many looks."""
    for looks in range(SWEEPS):
        alive = _kill_all() if namespace else _kill_descendants()
        _reap()
        if not alive:
            _own.clear()
            for folder in _temporary:
                forget(folder)
            return looks
        real_sleep(0.002)
    return SWEEPS


def _kill_all() -> bool:
    """SIGKILL to every other process of this namespace; False where there was none."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _kill_descendants() -> bool:
    found = descendants(os.getpid())
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in found:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                continue
    return bool(found)


def descendants(root: int) -> list[int]:
    """Every process under ``root`` (orphans come back to it: ``adopt_orphans``), zombies of its own left out."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents.setdefault(int(parent), []).append(int(entry))
    found, open_ones = [], [root]
    while open_ones:
        children = parents.get(open_ones.pop(), [])
        found += children
        open_ones += children
    return found


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return
