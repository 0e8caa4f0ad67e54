"""The lab's clock as a client sees it: read it, sleep by it, wait by it, and on virtual time move it.

It keeps no time of its own; the server's Timeline does. Invariant: every wait ends, by ``predicate`` or by lab time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from ecslab.client import waiting
from ecslab.client.transport import Transport
from ecslab.timeline import iso, real_sleep

T = TypeVar("T")


class LabTime:
    """``lab.time``. ``kind`` is real, scaled or virtual."""

    def __init__(self, transport: Transport, kind: str) -> None:
        self._transport = transport
        self.kind = kind

    def now(self) -> datetime:
        """The lab's time now, in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """The lab's time now, in seconds since the Unix epoch."""
        return float(self._transport.get("time")["now"])

    def advance(self, seconds: float = 0.0, minutes: float = 0.0) -> datetime:
        """Move virtual time forward; everything that falls due happens. TimeError on any other time."""
        moved = self._transport.post("time", advance=float(seconds) + 60.0 * float(minutes))
        return datetime.fromtimestamp(float(moved["now"]), UTC)

    def until(self, predicate: Callable[[], T], minutes: float = 60.0) -> T:
        """Let lab time pass until ``predicate()`` is true, and return what it gave.

        Virtual time is moved, ten seconds between two looks; on real and scaled time it waits, and a notebook shows
        for how long. LabError with how things stood when so many ``minutes`` of lab time have passed in vain.
        """
        return waiting.until_lab_time(self._transport, self, predicate, minutes * 60.0)

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` of lab time pass: real ones on real time, by moving the clock on virtual time.

        On scaled time the lab's clock is watched, so ten seconds there are ten of its seconds.
        """
        if self.kind == "virtual":
            self.advance(seconds)
        elif self.kind == "real":
            real_sleep(seconds)
        else:
            until = self.seconds() + seconds
            while self.seconds() < until:
                real_sleep(0.05)

    def __repr__(self) -> str:
        return f"<lab time {iso(self.seconds())} ({self.kind})>"
