"""An HTTP server of one thread for a WSGI application: the side of a graded lab that a stranger's program dials.

Requests are answered one after another, however many connections are open, and connections are kept. Framing is
h11's. Invariants: whatever is sent, the loop goes on; nobody who is slow or silent holds up another connection;
what is held for a connection is bounded.
"""

from __future__ import annotations

import io
import json
import selectors
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import h11

from ecslab.timeline import real_monotonic

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
PIECE = 1 << 18
HEADERS = 1 << 16
"""The most bytes of one request's line and headers."""
WRITING = 5.0
"""Real seconds within which an answer must be taken."""


@dataclass(slots=True)
class _Connection:
    """One connection and the request that is arriving on it."""

    socket: socket.socket
    http: h11.Connection
    heard: float
    request: h11.Request | None = None
    body: bytearray = field(default_factory=bytearray)


class _TooLarge(Exception):
    """A body beyond what is taken."""


class LoopServer:
    """Answers on a listening socket, which is its own from now on.

    ``connections``: how many are kept open; for one more the one that has been silent longest is closed.
    ``patience``: real seconds after which a silent connection is closed. ``most``: bytes of one body.
    """

    def __init__(
        self,
        listening: socket.socket,
        application: Application,
        *,
        connections: int = 64,
        patience: float = 30.0,
        most: int = 1 << 20,
    ) -> None:
        self._application = application
        self._places = connections
        self._patience = patience
        self._most = most
        self._listening = listening
        self._listening.setblocking(False)
        self._open: OrderedDict[int, _Connection] = OrderedDict()
        self._selector = selectors.DefaultSelector()
        self._selector.register(listening, selectors.EVENT_READ)
        self._waking, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)

    def serve_forever(self) -> None:
        """Answer until ``shutdown``."""
        while True:
            ready = self._selector.select(self._patience)
            for key, _ in ready:
                if key.fileobj is self._woken:
                    self._close_all()
                    return
                if key.fileobj is self._listening:
                    self._accept()
                elif key.data is not None and key.fd in self._open:
                    self._hear(key.data)
            self._drop_silent()

    def shutdown(self) -> None:
        """Have ``serve_forever`` close every connection and return. From any thread, at any time."""
        self._waking.send(b"x")

    # ── connections ───────────────────────────────────────────────────────────────────────────────────────

    def _accept(self) -> None:
        try:
            found, _ = self._listening.accept()
        except OSError:  # who dialled is gone again, or no descriptor is left for now
            return
        found.settimeout(WRITING)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while len(self._open) >= self._places:
            self._drop(next(iter(self._open.values())))
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADERS)
        connection = _Connection(found, http, real_monotonic())
        self._open[found.fileno()] = connection
        self._selector.register(found, selectors.EVENT_READ, connection)

    def _hear(self, connection: _Connection) -> None:
        """Take what has arrived, and answer every request that is whole."""
        connection.heard = real_monotonic()
        self._open.move_to_end(connection.socket.fileno())
        try:
            connection.http.receive_data(connection.socket.recv(PIECE))
            while self._step(connection):
                pass
        except h11.RemoteProtocolError as wrong:
            self._complain(connection, wrong.error_status_hint)
        except _TooLarge:
            self._complain(connection, 413)
        except (OSError, h11.LocalProtocolError):
            self._drop(connection)

    def _step(self, connection: _Connection) -> bool:
        """Handle one event of h11; False where more must arrive first, or nothing more will."""
        event = connection.http.next_event()
        if isinstance(event, h11.Request):
            connection.request, connection.body = event, bytearray()
        elif isinstance(event, h11.Data):
            connection.body += event.data
            if len(connection.body) > self._most:
                raise _TooLarge
        elif isinstance(event, h11.EndOfMessage):
            return self._answer(connection)
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            self._drop(connection)
            return False
        elif connection.http.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            connection.socket.sendall(connection.http.send(go_on) or b"")
        return event is not h11.NEED_DATA

    def _answer(self, connection: _Connection) -> bool:
        """Answer the request that is whole; False where the connection ends with it."""
        assert connection.request is not None
        said: list[Any] = ["500 Internal Server Error", []]

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            said[:] = [status, headers]

        try:
            environ = _environ(connection.request, bytes(connection.body))
            content = b"".join(self._application(environ, start_response))
        except Exception as bug:
            said, content = (
                ["500 Internal Server Error", []],
                json.dumps({"message": f"The lab failed: {bug!r}."}).encode(),
            )
        status, headers = said
        if connection.request.method == b"HEAD":
            content = b""
        elif not any(name.lower() == "content-length" for name, _ in headers):
            headers = [*headers, ("Content-Length", str(len(content)))]
        code, _, reason = status.partition(" ")
        head = h11.Response(status_code=int(code), headers=headers, reason=reason.encode("latin-1"))
        events: list[h11.Event] = [head, *([h11.Data(data=content)] if content else []), h11.EndOfMessage()]
        out = b"".join(connection.http.send(event) or b"" for event in events)
        connection.socket.sendall(out)
        connection.request, connection.body = None, bytearray()
        if connection.http.our_state is not h11.DONE:
            self._drop(connection)
            return False
        connection.http.start_next_cycle()
        return True

    def _complain(self, connection: _Connection, status: int) -> None:
        try:
            if connection.http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                headers = [("Content-Length", "0"), ("Connection", "close")]
                answer = h11.Response(status_code=status, headers=headers)
                connection.socket.sendall(connection.http.send(answer) or b"")
        except (OSError, h11.LocalProtocolError):
            pass
        self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        self._open.pop(connection.socket.fileno(), None)
        try:
            self._selector.unregister(connection.socket)
        except (KeyError, ValueError):
            pass
        connection.socket.close()

    def _drop_silent(self) -> None:
        oldest = real_monotonic() - self._patience
        while self._open and (first := next(iter(self._open.values()))).heard < oldest:
            self._drop(first)

    def _close_all(self) -> None:
        for connection in list(self._open.values()):
            self._drop(connection)
        for one in (self._listening, self._waking, self._woken):
            one.close()
        self._selector.close()


def _environ(request: h11.Request, body: bytes) -> Environ:
    """The WSGI environment of a request whose body has arrived; its length is said, however it was framed."""
    target = request.target.decode("latin-1")
    parts = urlsplit(f"http://lab{target}" if target.startswith("/") else target)
    found: Environ = {
        "REQUEST_METHOD": request.method.decode("latin-1"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in request.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name or name in ("content-length", "transfer-encoding"):
            continue
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        found[key] = f"{found[key]},{value}" if key in found else value
    return {**found, "CONTENT_LENGTH": str(len(body))}
