"""What every process of a container starts with: it dies with the lab server, and it is PID 1 where there is none.

    python -I -S supervise.py FD APP INIT WORDS...

FD is a pipe that only the lab server holds open: when it ends, this whole process group is killed. WORDS that begin
with ``app`` run the program APP in this very process; a shell runs as a child, to which SIGTERM is handed on only
if it would reach a PID 1 of that kind: one that catches it, or any with INIT ``1`` (as Docker's ``--init`` does). It
stands alone: standard library only. Invariant: the exit code is the program's, 128+signal for a signal.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

NOT_FOUND, NOT_EXECUTABLE = 127, 126


def watch_owner(fd: int) -> None:
    """Kill this process group when the pipe ends."""

    def wait_for_the_end() -> None:
        try:
            os.read(fd, 1)
        except OSError:
            pass
        os.killpg(0, signal.SIGKILL)

    os.set_inheritable(fd, False)
    threading.Thread(target=wait_for_the_end, daemon=True).start()


def run_program(path: str, words: Sequence[str]) -> int:
    """Run the lab's program in this process (imported, so that it is compiled only once)."""
    file = Path(path)
    sys.path.insert(0, str(file.parent))
    program = importlib.import_module(file.stem)
    del sys.path[0]
    sys.argv = [path, *words]
    return int(program.main(words))


def catches_sigterm(pid: int) -> bool:
    """Whether a process has a handler for SIGTERM; True where that cannot be seen (no /proc)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) & (1 << (signal.SIGTERM - 1)))


def run_shell(words: Sequence[str], *, init: bool) -> int:
    """Run a shell as a child and be the PID 1 around it."""
    child = 0

    def hand_on(*_: object) -> None:
        if child and (init or catches_sigterm(child)):
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, hand_on)
    try:
        child = os.posix_spawnp(words[0], list(words), os.environ)
    except FileNotFoundError:
        return NOT_FOUND
    except OSError:
        return NOT_EXECUTABLE
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def main(arguments: Sequence[str]) -> int:
    """The exit code of what WORDS run."""
    fd, program, init, *words = arguments
    watch_owner(int(fd))
    if words and words[0] == "app":
        return run_program(program, words[1:])
    return run_shell(words, init=init == "1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
