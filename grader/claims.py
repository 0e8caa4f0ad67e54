"""Who does what, where several graders work on one course: locks on the folders of hand-ins and of the course.

The kernel's lock (``flock``) ends with the process that holds it, so a grader that was killed blocks nobody. Graders on
several machines see each other's where their shared file system passes locks on (NFSv4 does).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Claim:
    """A hand-in that this process grades, until ``release``."""

    descriptor: int

    def release(self) -> None:
        """Let others have it."""
        os.close(self.descriptor)


def claimed(folder: Path) -> Claim | None:
    """A claim on the hand-in in ``folder``; None where another grader is at it, or the folder is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:  # a file system without locks: one grader at a time is then up to the teacher
        pass
    return Claim(descriptor)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else who asks for this is in ``folder`` meanwhile; who comes second waits."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
