"""Watching a submission's processes from outside: how many, how much memory, how much disk.

Only where nothing else counts them (a container has its own limits). It ends what goes beyond; it grades nothing.
Invariant: the warm program itself, which later submissions need, is never touched.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from ecslab.timeline import real_sleep
from grader.inside.zygote import descendants
from grader.sandbox.rung import Warm

LOOK = 0.05
"""Real seconds between two looks."""
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Watch:
    """A thread that looks until this process ends. ``violation`` is a sentence once a limit was passed."""

    def __init__(self, warm: Warm) -> None:
        self.violation = ""
        self._warm = warm
        if warm.watched is not None:
            self._root = warm.watched
            self._own = _memory(self._root)
            threading.Thread(target=self._look, name="grader-watch", daemon=True).start()

    def _look(self) -> None:
        looks = 0
        while True:
            found = _under(self._root)
            wrong = self._wrong(found, disk=looks % 10 == 0)
            if wrong:
                self.violation = wrong
                _end(found)
            looks += 1
            real_sleep(LOOK)

    def _wrong(self, found: list[int], *, disk: bool) -> str:
        limits = self._warm.limits
        if len(found) > limits.processes:
            return f"it started more than {limits.processes} processes"
        used = sum(max(0, _memory(pid) - self._own) for pid in found)
        if used > limits.memory:
            return f"it used more than {limits.memory >> 20} MB of memory"
        if disk and self._warm.folder is not None and _size(self._warm.folder) > limits.disk:
            return f"it wrote more than {limits.disk >> 20} MB"
        return ""


def _under(root: int) -> list[int]:
    """Every process under ``root``. The kernel's own lists are asked where it has them: a look is quick, and may miss
    what moves in that moment; the next look finds it."""
    if not os.path.exists(f"/proc/{root}/task/{root}/children"):
        return descendants(root)
    found, open_ones = [], [root]
    while open_ones:
        children = _children(open_ones.pop())
        found += children
        open_ones += children
    return found


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        return [int(one) for tid in threads for one in Path(f"/proc/{pid}/task/{tid}/children").read_bytes().split()]
    except OSError:
        return []


def _end(found: list[int]) -> None:
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in found:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                continue


def _memory(pid: int) -> int:
    """Bytes of memory of a process that are not of files."""
    try:
        parts = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return max(0, int(parts[1]) - int(parts[2])) * _PAGE


def _size(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
            except OSError:
                continue
    return total
