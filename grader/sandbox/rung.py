"""A rung of the ladder, and a warm sandbox on it: started once, forking for each submission.

Invariants: every wait has a deadline; a sandbox that does not do as asked is ``Lost`` and replaced, never trusted
again; ``close`` leaves no process, container or folder.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import ecslab
from ecslab.timeline import real_monotonic
from grader.inside.channel import Broken, Channel

START_SECONDS = 60.0
ASK_SECONDS = 20.0
INSIDE = Path(__file__).resolve().parent.parent / "inside"
PACKAGE = Path(ecslab.__file__).resolve().parent


class Lost(Exception):
    """The sandbox does not do as asked; it must be thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a submission may use. Bytes, CPU seconds, real seconds for a cell and for the whole."""

    memory: int = 1536 << 20
    processor: int = 120
    files: int = 256
    file_size: int = 32 << 20
    processes: int = 64
    disk: int = 64 << 20
    cell_seconds: float = 30.0
    seconds: float = 180.0

    def rlimits(self) -> dict[str, int]:
        """What each process is held to."""
        return {
            "memory": self.memory,
            "processor": self.processor,
            "files": self.files,
            "file_size": self.file_size,
            "processes": self.processes,
        }


@dataclass(slots=True, kw_only=True)
class Warm:
    """A running sandbox.

    ``end`` takes down what carries it (a process, a container), ``said`` is what it wrote, ``temporary`` a folder
    in it.
    """

    rung: str
    control: Channel
    end: Callable[[], None]
    said: Callable[[], str]
    temporary: str
    readable: tuple[str, ...]
    limits: Limits
    watched: int | None = None
    """The process whose descendants are to be watched from here, where nothing else counts their memory."""
    process: int = 0
    folder: Path | None = None
    """Where on this machine its files lie, if they are not in its memory."""
    child: int = 0
    ready: dict[str, Any] = field(default_factory=dict)

    def start(self, environment: dict[str, str]) -> tuple[Channel, socket.socket]:
        """Begin a submission: the channel to its program and the listening socket of its lab's door. Lost."""
        ours, theirs = socket.socketpair()
        settings = {
            "environment": environment,
            "temporary": self.temporary,
            "limits": self.limits.rlimits(),
            "readable": list(self.readable),
        }
        try:
            answer = self._ask({"start": settings}, (theirs.fileno(),))
            (door,) = self.control.descriptors()
        except (ValueError, Lost):
            ours.close()
            raise Lost(f"the {self.rung} sandbox did not start a submission") from None
        finally:
            theirs.close()
        self.child = int(answer["pid"])
        return Channel(ours, real_monotonic), socket.socket(fileno=door)

    def interrupt(self) -> None:
        """SIGINT to the program of the submission. Lost."""
        self._ask({"interrupt": self.child})

    def sweep(self) -> None:
        """End everything that the submission left, and wait until it is gone. Lost."""
        self._ask({"sweep": True})

    def close(self) -> None:
        """End the sandbox with everything in it."""
        self.control.close()
        self.end()

    def _ask(self, message: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        try:
            self.control.send(message, fds)
            return self.control.receive(ASK_SECONDS)
        except (Broken, TimeoutError) as failed:
            raise Lost(f"the {self.rung} sandbox does not answer ({failed})") from None


class Rung(Protocol):
    """One way to wall a program in."""

    name: str

    def probe(self) -> str:
        """ "" where it works here, else why not, in a sentence."""

    def start(self, limits: Limits) -> Warm:
        """A warm sandbox. Lost where it does not come up."""


def launched(rung: str, command: Callable[[int], Sequence[str]], place: Place, limits: Limits) -> Warm:
    """Start the program by a command line of this machine that is given the file descriptor to speak over."""
    ours, theirs = socket.socketpair()
    with open(place.folder / "said.log", "wb") as log:
        process = subprocess.Popen(
            command(theirs.fileno()),
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
        )
    theirs.close()

    def end() -> None:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        place.remove()

    warm = Warm(
        rung=rung,
        control=Channel(ours, real_monotonic),
        end=end,
        said=lambda: (place.folder / "said.log").read_text(errors="replace"),
        temporary=place.temporary,
        readable=place.readable,
        limits=limits,
        process=process.pid,
    )
    return awaited(warm)


def awaited(warm: Warm) -> Warm:
    """Wait until the program inside has loaded everything. Lost with its last words where it does not."""
    try:
        warm.ready = warm.control.receive(START_SECONDS)
    except (Broken, TimeoutError) as failed:
        said = warm.said()[-1500:]
        warm.close()
        raise Lost(f"the {warm.rung} sandbox did not come up ({failed}). {said}") from None
    return warm


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder of this machine for one sandbox, and where in the sandbox things are."""

    folder: Path
    temporary: str
    readable: tuple[str, ...]

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


ENVIRONMENT = {
    "PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]),
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
}
"""All that a notebook sees of an environment, besides the address of its lab and its own folder."""


def python_places() -> tuple[Path, ...]:
    """What Python needs of this machine: the system's libraries, this environment, nothing of anybody's home."""
    system = [Path(path) for path in ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")]
    single = [Path(path) for path in ("/etc/ld.so.cache", "/etc/localtime", "/etc/ssl", "/etc/mime.types")]
    own = [Path(sys.prefix), Path(sys.base_prefix)]
    packages = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    wanted = [*system, *single, *own, *packages]
    return tuple(dict.fromkeys(path for path in wanted if path.exists()))


def new_folder() -> Path:
    """A private folder of this machine for one sandbox."""
    return Path(tempfile.mkdtemp(prefix="ecslab-sandbox-"))
