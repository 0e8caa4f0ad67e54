"""The journal: everything that happens in the lab, once, in order.

Views, checks, CloudWatch, the story and the tests all read it. It is not a log file of the program and
not a message bus: nothing acts because an entry was written. Invariant: entries are immutable, numbered
from 1 without gaps, and their times never go back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened.

    ``kind`` is dotted (``task.status``, ``service.event``, ``placement.failed``…), ``subject`` the ARN or name
    it is about, ``text`` a sentence for people, ``data`` JSON-able detail, ``at`` lab seconds since the epoch.
    """

    number: int
    at: float
    kind: str
    subject: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """An append-only list of entries; the oldest are dropped beyond ``keep``."""

    def __init__(self, now: Callable[[], float], keep: int = 200_000) -> None:
        self._now = now
        self._entries: deque[Entry] = deque(maxlen=keep)
        self._number = 0
        self._lock = threading.Lock()

    def record(self, kind: str, subject: str, text: str, **data: Any) -> Entry:
        """Write one entry, stamped with lab time."""
        with self._lock:
            self._number += 1
            entry = Entry(number=self._number, at=self._now(), kind=kind, subject=subject, text=text, data=data)
            self._entries.append(entry)
            return entry

    def read(self, *, after: int = 0, kind: str = "", subject: str = "") -> tuple[Entry, ...]:
        """Entries numbered above ``after`` whose kind starts with ``kind`` and whose subject holds ``subject``."""
        with self._lock:
            newest_first = iter(reversed(self._entries))
            chosen = [e for e in _newer(newest_first, after) if e.kind.startswith(kind) and subject in e.subject]
        return tuple(reversed(chosen))

    def __len__(self) -> int:
        return self._number


def _newer(entries: Iterator[Entry], after: int) -> Iterator[Entry]:
    for entry in entries:
        if entry.number <= after:
            return
        yield entry
