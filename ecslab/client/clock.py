"""The lab's clock as a client sees it: read it, sleep by it, and on virtual time move it.

It keeps no time of its own; the server's Timeline does.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ecslab.client.transport import Transport
from ecslab.timeline import iso, real_sleep


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
