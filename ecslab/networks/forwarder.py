"""TCP forwarders: what comes to a published port is carried to the container behind it, and back.

One thread for all of them. It knows addresses and bytes, nothing of tasks. Invariants: bytes arrive in order and
unchanged, a side that stops reading slows the other down (at most ``WINDOW`` bytes wait), the end of one
direction is passed on, and after ``close`` no socket and no thread is left.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from functools import partial

Place = tuple[str, int]
WINDOW = 256 * 1024
CHUNK = 64 * 1024
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class _Pipe:
    """One direction of one connection."""

    __slots__ = ("buffer", "done", "ended", "sink", "source")

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source, self.sink = source, sink
        self.buffer = bytearray()
        self.ended = False
        self.done = False

    def take(self) -> None:
        """Read what has come."""
        try:
            data = self.source.recv(CHUNK)
        except BlockingIOError:
            return
        self.buffer += data
        self.ended = not data

    def give(self) -> None:
        """Write what waits; pass on the end once all is written."""
        try:
            while self.buffer:
                del self.buffer[: self.sink.send(memoryview(self.buffer)[:CHUNK].tobytes())]
        except BlockingIOError:
            return
        if self.ended and not self.done:
            self.done = True
            self.sink.shutdown(socket.SHUT_WR)


class _Connection:
    """Two pipes between a client and a container."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.connected = False
        self.up, self.down = _Pipe(client, server), _Pipe(server, client)

    @property
    def finished(self) -> bool:
        """Both directions have ended."""
        return self.up.done and self.down.done

    def wants(self, side: socket.socket) -> int:
        """The events this side waits for now."""
        if not self.connected:
            return WRITE if side is self.server else 0
        incoming, outgoing = (self.up, self.down) if side is self.client else (self.down, self.up)
        reads = not incoming.ended and len(incoming.buffer) < WINDOW
        return (READ if reads else 0) | (WRITE if outgoing.buffer else 0)

    def handle(self, side: socket.socket, events: int) -> None:
        """Do what can be done; OSError ends the connection."""
        if not self.connected:
            error = self.server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, "connect failed")
            self.connected = True
            return
        if events & READ:
            (self.up if side is self.client else self.down).take()
        self.up.give()
        self.down.give()


class Forwarder:
    """All forwarders of one fabric."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._wake, READ, self._woken)
        self._lock = threading.Lock()
        self._todo: list[Callable[[], None]] = []
        self._targets: dict[Place, tuple[socket.socket, Place]] = {}
        self._connections: dict[_Connection, Place] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ecslab-forwarder", daemon=True)
        self._thread.start()

    def listen(self, at: Place, target: Place) -> None:
        """Carry connections to ``at`` on to ``target``; OSError when ``at`` cannot be bound."""
        listener = socket.create_server(at, backlog=128)
        listener.setblocking(False)
        with self._lock:
            self._targets[at] = (listener, target)
        self._tell(lambda: self._register(listener, READ, lambda events: self._accept(at, listener, target)))

    def forget(self, at: Place) -> None:
        """Listen there no more and cut its connections; nothing happens for an unknown place."""
        with self._lock:
            listener, _ = self._targets.pop(at, (None, at))
        if listener is None:
            return
        done = threading.Event()
        self._tell(lambda: self._drop(at, listener, done))
        done.wait(timeout=5)

    def close(self) -> None:
        """End everything."""
        for at in list(self._targets):
            self.forget(at)
        self._closed = True
        self._tell(lambda: None)
        self._thread.join(timeout=5)
        for part in (self._selector, self._wake, self._waker):
            part.close()

    # On the forwarder's own thread

    def _tell(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._todo.append(work)
        self._waker.send(b"!")

    def _woken(self, events: int) -> None:
        self._wake.recv(CHUNK)
        with self._lock:
            todo, self._todo = self._todo, []
        for work in todo:
            work()

    def _run(self) -> None:
        while not self._closed:
            for key, events in self._selector.select():
                key.data(events)

    def _register(self, side: socket.socket, events: int, on_event: Callable[[int], None]) -> None:
        known = side in self._selector.get_map() if side.fileno() >= 0 else False
        if not events:
            if known:
                self._selector.unregister(side)
        elif known:
            self._selector.modify(side, events, on_event)
        elif side.fileno() >= 0:
            self._selector.register(side, events, on_event)

    def _accept(self, at: Place, listener: socket.socket, target: Place) -> None:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection = _Connection(client, server)
        self._connections[connection] = at
        client.setblocking(False)
        server.setblocking(False)
        try:
            server.connect(target)
        except BlockingIOError:
            pass
        except OSError:
            self._end(connection)
            return
        self._watch(connection)

    def _watch(self, connection: _Connection) -> None:
        for side in (connection.client, connection.server):
            self._register(side, connection.wants(side), partial(self._serve, connection, side))

    def _serve(self, connection: _Connection, side: socket.socket, events: int) -> None:
        if connection not in self._connections:
            return
        try:
            connection.handle(side, events)
        except OSError:
            self._end(connection)
            return
        if connection.finished:
            self._end(connection)
        else:
            self._watch(connection)

    def _end(self, connection: _Connection) -> None:
        self._connections.pop(connection, None)
        for side in (connection.client, connection.server):
            self._register(side, 0, lambda events: None)
            side.close()

    def _drop(self, at: Place, listener: socket.socket, done: threading.Event) -> None:
        self._register(listener, 0, lambda events: None)
        listener.close()
        for connection in [c for c, place in self._connections.items() if place == at]:
            self._end(connection)
        done.set()
