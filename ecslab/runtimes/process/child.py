"""One process of a container, as the runtime sees it: start, signal, measure, exit code.

A child is a process group of its own. Invariant: a signal is sent only while the process has not been reaped, so it
never hits a stranger with the same id.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path

import psutil

from ecslab.runtimes.base import Usage
from ecslab.timeline import real_monotonic


class Child:
    """A started process. ``alone``: it makes no processes of its own (the lab's program), so it is quick to measure."""

    def __init__(self, arguments: list[str], *, environment: dict[str, str], folder: Path, owner_fd: int) -> None:
        self._process = subprocess.Popen(
            arguments,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(owner_fd,),
            start_new_session=True,
        )
        self._started = real_monotonic()
        self._lock = threading.Lock()
        self.pid = self._process.pid
        self.alone = False
        self.out_of_memory = False
        self.exit_code: int | None = None
        self.reaped = threading.Event()
        self.fds: tuple[int, ...] = ()
        """Those the watch looks at."""

    @property
    def pipe(self) -> int:
        """The end of the pipe from which its output is read."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def close_pipe(self) -> None:
        """Read no more."""
        if self._process.stdout is not None:
            self._process.stdout.close()

    def reap(self) -> int:
        """Wait for the process, kill what is left of its group, and give the exit code (128+signal for a signal)."""
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            self._signal_group()
            code = self._process.wait()
            self.exit_code = code if code >= 0 else 128 - code
            self.reaped.set()
            return self.exit_code

    def terminate(self) -> None:
        """SIGTERM to the main process only, as Docker does."""
        with self._lock:
            if self.exit_code is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGTERM)

    def kill(self, *, out_of_memory: bool = False) -> None:
        """SIGKILL to the whole group."""
        with self._lock:
            if self.exit_code is None:
                self.out_of_memory = self.out_of_memory or out_of_memory
                self._signal_group()

    def usage(self) -> Usage:
        """CPU seconds since the start and memory now, of all its processes."""
        seconds, memory = 0.0, 0
        for pid in self._members():
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                times = process.cpu_times()
                seconds += times.user + times.system + times.children_user + times.children_system
                memory += _private(process)
        return Usage(cpu_seconds=seconds, memory=memory, running_for=real_monotonic() - self._started)

    def memory(self) -> int:
        """Bytes in use now, without what it shares with others."""
        total = 0
        for pid in self._members():
            with contextlib.suppress(psutil.Error):
                total += _private(psutil.Process(pid))
        return total

    def communicate(self, timeout: float) -> tuple[int | None, str]:
        """(exit code, output) of a short command; the exit code is None when it took longer and was killed."""
        late = False
        try:
            output, _ = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            late = True
            self.kill()
            output, _ = self._process.communicate()
        self.exit_code = self._process.returncode
        code = self.exit_code if self.exit_code >= 0 else 128 - self.exit_code
        return None if late else code, output.decode("utf-8", "replace")

    def _members(self) -> list[int]:
        if self.exit_code is not None:
            return []
        if self.alone:
            return [self.pid]
        return [pid for pid in psutil.pids() if _group(pid) == self.pid]

    def _signal_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return -1


def _private(process: psutil.Process) -> int:
    memory = process.memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))
