"""The output of one container: lines from a pipe, kept in a file, told to whoever follows.

Only the watch's thread touches it, so it has no lock. Invariant: a follower gets every kept line from the first, in
order, and then the end, once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

LONGEST_LINE = 16 * 1024
"""Bytes after which a line is cut, as Docker's log driver does."""
MOST_KEPT = 64 * 1024 * 1024
"""Bytes kept for late followers; those who follow already still hear the rest."""

OnLine = Callable[[str], None]
OnEnd = Callable[[], None]


class Output:
    """Bytes go in with ``feed``; lines come out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._kept = 0
        self._rest = b""
        self._followers: list[tuple[OnLine, OnEnd]] = []
        self.ended = False

    def feed(self, data: bytes) -> None:
        """Some bytes have come."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._tell(line)
        while len(self._rest) > LONGEST_LINE:
            self._tell(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        self._file.flush()

    def end(self) -> None:
        """Nothing more will come."""
        if self.ended:
            return
        if self._rest:
            self._tell(self._rest)
        self.ended = True
        self._file.close()
        for _, on_end in self._followers:
            on_end()
        self._followers.clear()

    def follow(self, on_line: OnLine, on_end: OnEnd) -> None:
        """Every line from the first, then the end."""
        if self._path.exists():
            with self._path.open("rb") as kept:
                for line in kept:
                    on_line(_text(line))
        if self.ended:
            on_end()
        else:
            self._followers.append((on_line, on_end))

    def _tell(self, line: bytes) -> None:
        if self._kept < MOST_KEPT:
            self._file.write(line + b"\n")
            self._kept += len(line) + 1
        for follower in list(self._followers):
            try:
                follower[0](_text(line))
            except Exception:  # one broken follower must not stop the watch of all containers
                self._followers.remove(follower)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")
