"""The one clock of the lab: everything that waits, waits here.

A heap of callbacks and three drivers: real, scaled (an hour in a minute) and virtual (jump to the next
event). It is not an event loop and knows nothing of ECS. Invariants: callbacks run one at a time, under
``lock``, in order of time and then of scheduling; no other module reads a clock or sleeps (a test walks
the syntax trees and proves it); in virtual time nothing happens between two calls of ``advance``.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from ecslab.errors import TimeError

Callback = Callable[[], None]
FailureHook = Callable[[BaseException], None]


@dataclass(order=True, slots=True)
class Handle:
    """One scheduled callback. ``cancel()`` makes it a no-op."""

    when: float
    order: int
    callback: Callback | None = field(compare=False)

    def cancel(self) -> None:
        """Forget the callback; harmless when it has already run."""
        self.callback = None


class Timeline(Protocol):
    """What the rest of the lab sees of time. Times are seconds since the Unix epoch, in lab time."""

    lock: threading.RLock
    kind: str

    def now(self) -> float: ...
    def call_at(self, when: float, callback: Callback) -> Handle: ...
    def call_later(self, seconds: float, callback: Callback) -> Handle: ...
    def call_soon(self, callback: Callback) -> Handle: ...
    def offload(self, work: Callable[[], Any], then: Callable[[Any, BaseException | None], None]) -> None: ...
    def advance(self, seconds: float) -> None: ...
    def until(self, done: Callable[[], bool], limit: float) -> bool: ...
    def close(self) -> None: ...


class _Heap:
    """The part all drivers share."""

    def __init__(self, on_failure: FailureHook | None) -> None:
        self.lock = threading.RLock()
        self._heap: list[Handle] = []
        self._order = itertools.count()
        self._on_failure = on_failure

    def _push(self, when: float, callback: Callback) -> Handle:
        handle = Handle(when, next(self._order), callback)
        heapq.heappush(self._heap, handle)
        return handle

    def _run(self, handle: Handle) -> None:
        callback, handle.callback = handle.callback, None
        if callback is None:
            return
        try:
            callback()
        except Exception as failure:  # one broken callback must not stop the clock of the whole lab
            if self._on_failure is None:
                raise
            self._on_failure(failure)

    def _skip_cancelled(self) -> None:
        while self._heap and self._heap[0].callback is None:
            heapq.heappop(self._heap)


class RealTimeline(_Heap):
    """Real time, or scaled: ``speed`` lab seconds pass in one real second.

    Callbacks run on one thread of the timeline's own; ``offload`` runs blocking work on a pool.
    """

    def __init__(self, *, speed: float = 1.0, on_failure: FailureHook | None = None, workers: int = 16) -> None:
        if speed <= 0:
            raise TimeError(f"A time scale of {speed} is not possible.", "Use a number above 0, for example 60.")
        super().__init__(on_failure)
        self.kind = "real" if speed == 1.0 else "scaled"
        self.speed = speed
        self._started_wall = time.time()
        self._started_mono = time.monotonic()
        self._wake = threading.Condition(self.lock)
        self._closed = False
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ecslab-work")
        self._thread = threading.Thread(target=self._drive, name="ecslab-timeline", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """Seconds since the epoch, in lab time."""
        return self._started_wall + (time.monotonic() - self._started_mono) * self.speed

    def call_at(self, when: float, callback: Callback) -> Handle:
        """Run ``callback`` at lab time ``when`` (at once if that is past)."""
        with self._wake:
            handle = self._push(when, callback)
            if self._heap[0] is handle:
                self._wake.notify()
            return handle

    def call_later(self, seconds: float, callback: Callback) -> Handle:
        """Run ``callback`` after ``seconds`` of lab time."""
        return self.call_at(self.now() + seconds, callback)

    def call_soon(self, callback: Callback) -> Handle:
        """Run ``callback`` as soon as the clock's thread is free."""
        return self.call_at(self.now(), callback)

    def offload(self, work: Callable[[], Any], then: Callable[[Any, BaseException | None], None]) -> None:
        """Run blocking ``work`` outside the lock, then ``then(result, error)`` back on the timeline."""

        def task() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as failure:
                error = failure
            self.call_soon(lambda: then(result, error))

        if not self._closed:
            self._pool.submit(task)

    def advance(self, seconds: float) -> None:
        """Refused: real time cannot be moved."""
        raise TimeError(
            f"This lab runs on {self.kind} time, which cannot be moved by hand.",
            "Start it with `ecslab serve --runtime simulated --time virtual`, or wait.",
        )

    def until(self, done: Callable[[], bool], limit: float) -> bool:
        """Wait, in the caller's thread, until ``done()`` holds or ``limit`` lab seconds have passed."""
        deadline = self.now() + limit
        while self.now() < deadline:
            with self.lock:
                if done():
                    return True
            time.sleep(min(0.05, max(0.0, (deadline - self.now()) / self.speed)))
        with self.lock:
            return done()

    def close(self) -> None:
        """Stop the clock; what is scheduled never runs."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _drive(self) -> None:
        with self._wake:
            while not self._closed:
                self._skip_cancelled()
                if not self._heap:
                    self._wake.wait()
                    continue
                pause = (self._heap[0].when - self.now()) / self.speed
                if pause > 0:
                    self._wake.wait(min(pause, 3600.0))
                    continue
                self._run(heapq.heappop(self._heap))


class VirtualTimeline(_Heap):
    """Virtual time: it stands still until ``advance`` or ``until`` moves it, event by event.

    ``offload`` runs its work inline, so a simulated lab is deterministic: the same calls give the same journal.
    """

    kind = "virtual"

    def __init__(self, *, start: float = 1_767_225_600.0, on_failure: FailureHook | None = None) -> None:
        super().__init__(on_failure)
        self._now = start

    def now(self) -> float:
        """Seconds since the epoch, in lab time (the default start is 2026-01-01T00:00:00Z)."""
        return self._now

    def call_at(self, when: float, callback: Callback) -> Handle:
        """Run ``callback`` when time reaches ``when``."""
        with self.lock:
            return self._push(max(when, self._now), callback)

    def call_later(self, seconds: float, callback: Callback) -> Handle:
        """Run ``callback`` after ``seconds`` of lab time."""
        return self.call_at(self._now + seconds, callback)

    def call_soon(self, callback: Callback) -> Handle:
        """Run ``callback`` at the next move of the clock, before anything later."""
        return self.call_at(self._now, callback)

    def offload(self, work: Callable[[], Any], then: Callable[[Any, BaseException | None], None]) -> None:
        """Run ``work`` now and schedule ``then(result, error)``."""
        try:
            result = work()
        except Exception as failure:
            error = failure
            self.call_soon(lambda: then(None, error))
            return
        self.call_soon(lambda: then(result, None))

    def advance(self, seconds: float) -> None:
        """Move time forward, running everything that falls due. ``advance(0)`` runs what is due now."""
        if seconds < 0:
            raise TimeError("Time cannot go backwards.", "Give a number of seconds of 0 or more.")
        with self.lock:
            target = self._now + seconds
            while self._step(target):
                pass
            self._now = target

    def until(self, done: Callable[[], bool], limit: float) -> bool:
        """Jump from event to event until ``done()`` holds; False after ``limit`` seconds (time stands there)."""
        with self.lock:
            target = self._now + limit
            while not done():
                if not self._step(target):
                    self._now = target
                    return done()
            return True

    def close(self) -> None:
        """Forget everything that is scheduled."""
        with self.lock:
            self._heap.clear()

    def _step(self, target: float) -> bool:
        self._skip_cancelled()
        if not self._heap or self._heap[0].when > target:
            return False
        handle = heapq.heappop(self._heap)
        self._now = max(self._now, handle.when)
        self._run(handle)
        return True


def parse_time(text: str, on_failure: FailureHook | None = None) -> RealTimeline | VirtualTimeline:
    """``real``, ``scaled`` (60 times), ``scaled:N`` or ``virtual`` as a Timeline; TimeError for anything else."""
    kind, _, argument = text.partition(":")
    if kind == "real" and not argument:
        return RealTimeline(on_failure=on_failure)
    if kind == "virtual" and not argument:
        return VirtualTimeline(on_failure=on_failure)
    if kind == "scaled":
        try:
            return RealTimeline(speed=float(argument or 60), on_failure=on_failure)
        except ValueError:
            pass
    raise TimeError(f"'{text}' is not a way for time to pass.", "Use real, scaled, scaled:N or virtual.")


def iso(when: float) -> str:
    """A lab time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def real_monotonic() -> float:
    """Real seconds of a clock that never goes back: for measuring and for real I/O deadlines only."""
    return time.monotonic()


def wall_clock() -> float:
    """Real seconds since the epoch: for what is written about the real world (when something was graded)."""
    return time.time()


def real_sleep(seconds: float) -> None:
    """Sleep real seconds: for clients and for real I/O only, never for something the lab's clock decides."""
    time.sleep(seconds)
