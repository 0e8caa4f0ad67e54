"""JSON in frames over a Unix socket: the only thing that crosses the wall of the sandbox.

A frame is four bytes of length and a JSON object. Both ends use it; only the trusted one needs to, for it believes
nothing. Invariants: no frame is longer than the reader allows, every read has a deadline, and what is not a JSON
object in time is a ``Broken`` channel (never a pickle, never an exception of the other side).
"""

from __future__ import annotations

import array
import json
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MOST = 4 << 20
"""The longest frame, in bytes."""
_HEAD = struct.Struct("!I")
_MOST_FDS = 4


class Broken(Exception):
    """The other side is gone, too slow, or does not speak as agreed."""


class Channel:
    """One end. ``clock`` gives real seconds; deadlines are in its time."""

    def __init__(self, end: socket.socket, clock: Callable[[], float], most: int = MOST) -> None:
        self.socket = end
        self._clock = clock
        self._most = most
        self._fds: list[int] = []
        self._come = bytearray()

    def send(self, message: Mapping[str, Any], fds: Sequence[int] = (), seconds: float = 10.0) -> None:
        """Send one object (and file descriptors with it). Broken where it does not go through in time."""
        data = json.dumps(message).encode()
        if len(data) > self._most:
            raise Broken(f"a message of {len(data)} bytes is longer than {self._most}")
        frame = memoryview(_HEAD.pack(len(data)) + data)
        ends = self._clock() + seconds
        try:
            if fds:
                self.socket.settimeout(seconds)
                socket.send_fds(self.socket, [frame[:1]], list(fds))
                frame = frame[1:]
            while frame:
                self.socket.settimeout(max(0.001, ends - self._clock()))
                frame = frame[self.socket.send(frame) :]
        except (OSError, ValueError) as failed:
            raise Broken(f"it does not listen ({failed})") from None

    def receive(self, seconds: float) -> dict[str, Any]:
        """The next object. TimeoutError where it is not whole within ``seconds`` (what came is kept for the next
        try), Broken where it is no object or nobody is there."""
        ends = self._clock() + seconds
        self._fill(_HEAD.size, ends)
        (length,) = _HEAD.unpack(self._come[: _HEAD.size])
        if length > self._most:
            raise Broken(f"a message of {length} bytes is longer than {self._most}")
        self._fill(_HEAD.size + length, ends)
        text = bytes(self._come[_HEAD.size : _HEAD.size + length])
        del self._come[: _HEAD.size + length]
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            raise Broken("what came is not JSON") from None
        if not isinstance(message, dict):
            raise Broken("what came is not a JSON object")
        return message

    def descriptors(self) -> list[int]:
        """The file descriptors that came with the last messages; they are the caller's now."""
        found, self._fds = self._fds, []
        return found

    def close(self) -> None:
        """Close this end."""
        self.socket.close()

    def _fill(self, count: int, ends: float) -> None:
        """Read until so many bytes have come."""
        while len(self._come) < count:
            left = ends - self._clock()
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            try:
                piece = self._piece(min(count - len(self._come), 1 << 16))
            except TimeoutError:
                raise
            except OSError as failed:
                raise Broken(f"it is gone ({failed})") from None
            if not piece:
                raise Broken("it is gone")
            self._come += piece

    def _piece(self, count: int) -> bytes:
        data, ancillary, _, _ = self.socket.recvmsg(count, socket.CMSG_SPACE(_MOST_FDS * 4))
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                got = array.array("i")
                got.frombytes(content[: len(content) - len(content) % got.itemsize])
                self._fds += got
        return data
