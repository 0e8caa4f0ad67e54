"""The one thread that watches all containers: their output, their end, and the memory of those with a limit.

It knows children and outputs, nothing of ECS. Where the kernel has no pidfd (macOS) each child is waited for by a
thread of its own. Invariants: outputs and exits are handled on this thread only; callbacks are called without a lock.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections.abc import Callable
from functools import partial

from ecslab.runtimes.process.child import Child
from ecslab.runtimes.process.output import Output
from ecslab.timeline import real_monotonic

LOOK_EVERY = 0.1
"""Real seconds between two looks at the memory of containers with a limit."""
CHUNK = 64 * 1024


class Watch:
    """Started by its first use, ended by ``close``."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._wake, selectors.EVENT_READ, self._woken)
        self._lock = threading.Lock()
        self._todo: list[Callable[[], None]] = []
        self._limits: dict[Child, int] = {}
        self._next_look = 0.0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ecslab-processes", daemon=True)
        self._thread.start()

    def add(self, child: Child, output: Output, *, limit: int, on_exit: Callable[[], None]) -> None:
        """Watch a child; ``limit`` in bytes, 0 for none."""
        self.tell(partial(self._add, child, output, limit, on_exit))

    def tell(self, work: Callable[[], None]) -> None:
        """Do something on the watch's thread, soon; after ``close`` it is done here and now."""
        with self._lock:
            closed = self._closed
            if not closed:
                self._todo.append(work)
                self._waker.send(b"!")
        if closed:
            work()

    def finish(self, child: Child, output: Output) -> None:
        """Read no more of a child's output, and end it; returns when that is done."""
        if threading.current_thread() is self._thread:
            self._end_output(child, output)
            return
        done = threading.Event()

        def work() -> None:
            self._end_output(child, output)
            done.set()

        self.tell(work)
        done.wait(timeout=5)

    def close(self) -> None:
        """End the thread; what it still had to do is done first."""
        self.tell(self._close)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5)

    # On the watch's own thread

    def _run(self) -> None:
        while not self._closed:
            for key, _ in self._selector.select(LOOK_EVERY if self._limits else None):
                key.data()
            if self._limits and real_monotonic() >= self._next_look:
                self._next_look = real_monotonic() + LOOK_EVERY
                self._look_at_memory()
        for part in (self._selector, self._wake, self._waker):
            part.close()

    def _woken(self) -> None:
        self._wake.recv(CHUNK)
        with self._lock:
            todo, self._todo = self._todo, []
        for work in todo:
            work()

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            rest, self._todo = self._todo, []
        for work in rest:
            work()

    def _add(self, child: Child, output: Output, limit: int, on_exit: Callable[[], None]) -> None:
        if limit:
            self._limits[child] = limit
        os.set_blocking(child.pipe, False)
        self._selector.register(child.pipe, selectors.EVENT_READ, partial(self._read, child, output))
        ended = partial(self._exited, child, output, on_exit)
        if not hasattr(os, "pidfd_open"):
            threading.Thread(target=self._wait_for, args=(child, ended), daemon=True).start()
            return
        fd = os.pidfd_open(child.pid)

        def on_event() -> None:
            self._selector.unregister(fd)
            os.close(fd)
            child.reap()
            ended()

        self._selector.register(fd, selectors.EVENT_READ, on_event)

    def _wait_for(self, child: Child, ended: Callable[[], None]) -> None:
        child.reap()
        self.tell(ended)

    def _exited(self, child: Child, output: Output, on_exit: Callable[[], None]) -> None:
        self._limits.pop(child, None)
        self._read(child, output)
        on_exit()

    def _read(self, child: Child, output: Output) -> None:
        if output.ended:
            return
        try:
            data = os.read(child.pipe, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            output.feed(data)
        else:
            self._end_output(child, output)

    def _end_output(self, child: Child, output: Output) -> None:
        if output.ended:
            return
        if not self._closed and child.pipe in self._selector.get_map():
            self._selector.unregister(child.pipe)
        child.close_pipe()
        output.end()

    def _look_at_memory(self) -> None:
        for child, limit in list(self._limits.items()):
            if child.memory() > limit:
                child.kill(out_of_memory=True)
