"""The load generator: real HTTP requests at a steady rate, to whichever targets there are now.

It knows nothing of tasks or of lab time: it is told targets and a rate of real time. Requests are sent when they are
due, round robin over the targets; a request that finds every connection busy for too long is never sent and counts as
failed, as a user's would. Invariants: never more than ``AT_ONCE`` requests in flight; after ``close`` none begins.
"""

from __future__ import annotations

import http.client
import threading
from collections import deque
from dataclasses import dataclass

from ecslab.timeline import real_monotonic

AT_ONCE = 32
"""Requests in flight."""
ANSWER_WITHIN = 10.0
"""Real seconds after which a request has failed."""
PATIENCE = 1.0
"""Real seconds a request waits for a free connection."""
KEPT = 2000
"""Latencies from which the percentiles are made, the latest."""
PROBLEM_NOBODY = "no RUNNING task of the service has a port that can be reached"
Target = tuple[str, int]
"""Host and port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the requests. Latencies in seconds, None where nothing real was measured."""

    requests: float = 0.0
    failures: float = 0.0
    p50: float | None = None
    p95: float | None = None
    problem: str = ""
    """Why the latest failure failed."""


class Generator:
    """One stream of requests for one path."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._changed = threading.Condition()
        self._targets: tuple[Target, ...] = ()
        self._rate = 0.0
        self._due = 0.0
        self._turn = 0
        self._closed = False
        self._requests = self._failures = 0
        self._problem = ""
        self._latencies: deque[float] = deque(maxlen=KEPT)
        self._threads: list[threading.Thread] = []

    def set_rate(self, rps: float) -> None:
        """From now on so many requests in each real second."""
        with self._changed:
            self._rate, self._due = rps, real_monotonic()
            if rps > 0 and not self._threads and not self._closed:
                self._threads = [
                    threading.Thread(target=self._work, name="ecslab-load", daemon=True) for _ in range(AT_ONCE)
                ]
                for thread in self._threads:
                    thread.start()
            self._changed.notify_all()

    def set_targets(self, targets: tuple[Target, ...]) -> None:
        """From now on to these, in turn."""
        with self._changed:
            self._targets = targets

    def tally(self) -> Tally:
        """The counts so far."""
        with self._changed:
            ordered = sorted(self._latencies)
            return Tally(
                requests=self._requests,
                failures=self._failures,
                p50=ordered[len(ordered) // 2] if ordered else None,
                p95=ordered[len(ordered) * 95 // 100] if ordered else None,
                problem=self._problem,
            )

    def close(self) -> None:
        """Send no more. What is in flight may still be answered, and is then not counted."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _work(self) -> None:
        connections: dict[Target, http.client.HTTPConnection] = {}
        while (target := self._next()) is not None:
            if not target[0]:
                self._count(0.0, PROBLEM_NOBODY)
                continue
            connection = connections.setdefault(target, http.client.HTTPConnection(*target, timeout=ANSWER_WITHIN))
            began = real_monotonic()
            problem = self._send(connection)
            self._count(real_monotonic() - began, problem)
            for gone in connections.keys() - set(self._targets):
                connections.pop(gone).close()
        for connection in connections.values():
            connection.close()

    def _next(self) -> Target | None:
        """Wait until a request is due and take it: where it goes, an empty host for nowhere, None for the end."""
        with self._changed:
            while not self._closed:
                if self._rate <= 0:
                    self._changed.wait()
                    continue
                now = real_monotonic()
                if self._due > now:
                    self._changed.wait(self._due - now)
                    continue
                self._give_up(now - self._due - PATIENCE)
                self._due += 1 / self._rate
                self._turn += 1
                return self._targets[self._turn % len(self._targets)] if self._targets else ("", 0)
        return None

    def _give_up(self, late: float) -> None:
        """Count as failed what has been due for too long."""
        lost = int(late * self._rate) if late > 0 else 0
        if lost:
            self._due += lost / self._rate
            self._requests, self._failures = self._requests + lost, self._failures + lost
            self._problem = f"the tasks are too slow: {AT_ONCE} requests were in flight, and more were due"

    def _send(self, connection: http.client.HTTPConnection) -> str:
        """Why the request failed; empty when it did not."""
        try:
            connection.request("GET", self._path)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as failed:
            connection.close()
            return f"{connection.host}:{connection.port} did not answer: {failed or type(failed).__name__}"
        return "" if answer.status < 400 else f"{connection.host}:{connection.port} answered {answer.status}"

    def _count(self, seconds: float, problem: str) -> None:
        with self._changed:
            if self._closed:
                return
            self._requests += 1
            if problem:
                self._failures += 1
                self._problem = problem
            else:
                self._latencies.append(seconds)
