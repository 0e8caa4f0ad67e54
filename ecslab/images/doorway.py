"""The doorway: 169.254.170.2 inside every task, where the ECS agent answers. The program of ecslab/doorway:1.

It stands alone (standard library only), in one container for a lab that sees the machine's processes, and does
what the real agent does on an instance: for each namespace it is told of it makes a second one, joins both by a pair of
interfaces (the task's end is ``ecs-eth0``, as on ECS), and listens in the second one. The task's own ports stay free.
What comes in is carried on, byte by byte, to the lab server. Lines of JSON on stdin ask it, lines on stdout answer:

    {"open": id, "pid": N}   {"id": id}, or {"id": id, "error": "why not"}
    {"close": id}            no answer

Invariant: a namespace that has gone, is closed; when stdin ends, everything is, and the program ends.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any

ADDRESS = "169.254.170.2"
"""Where the agent answers (facts §12)."""
OUTER, INNER = "169.254.172.1", "169.254.172.2"
"""The addresses of the two ends of a pair, outside and inside the task; the same for all: each pair is alone."""
AGENT_PORT, AWS_PORT = 80, 4510
OUTSIDE, INSIDE = "door", "ecs-eth0"
"""The names of the two ends."""
DIAL = 5.0
"""Real seconds to reach the lab server."""
CHUNK = 65536
NEWNET = 0x40000000
REQUEST_ACK_CREATE = 0x1 | 0x4 | 0x400
NEW_LINK, NEW_ADDRESS, NEW_ROUTE = 16, 20, 24
UP = 1
HOST, LINK = 254, 253
Target = tuple[str, int]


# The kernel


def unshare() -> None:
    """Give this thread a network namespace of its own."""
    _system("unshare", NEWNET)


def enter(namespace: int) -> None:
    """Take this thread into the network namespace that the file is."""
    _system("setns", namespace, NEWNET)


def _system(name: str, *arguments: int) -> None:
    """A call that Python has since 3.12, by the C library before."""
    known: Callable[..., None] | None = getattr(os, name, None)
    if known is not None:
        known(*arguments)
    elif getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute of a message to the kernel, padded."""
    return struct.pack("HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def tell(kind: int, body: bytes) -> None:
    """Have the kernel change the network of this thread's namespace (rtnetlink). OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.settimeout(DIAL)
        kernel.send(struct.pack("IHHII", 16 + len(body), kind, REQUEST_ACK_CREATE, 1, 0) + body)
        code = -struct.unpack_from("i", kernel.recv(CHUNK), 16)[0]
    if code:
        raise OSError(code, os.strerror(code))


def make_pair(inside: int) -> None:
    """Two joined interfaces: one here, up; one in the namespace that the file ``inside`` is, still down."""
    up = struct.pack("BxHiII", socket.AF_UNSPEC, 0, 0, UP, UP)
    peer = bytes(len(up)) + attribute(3, INSIDE.encode() + b"\0") + attribute(28, struct.pack("I", inside))
    kind = attribute(1, b"veth") + attribute(2, attribute(1, peer))
    tell(NEW_LINK, up + attribute(3, OUTSIDE.encode() + b"\0") + attribute(18, kind))


def bring_up(interface: str) -> None:
    """Take an interface of this namespace into use."""
    tell(NEW_LINK, struct.pack("BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(interface), UP, UP))


def add_address(interface: str, address: str, bits: int) -> None:
    """Give an interface of this namespace an address."""
    number, packed = socket.if_nametoindex(interface), socket.inet_aton(address)
    head = struct.pack("BBBBI", socket.AF_INET, bits, 0, LINK, number)
    tell(NEW_ADDRESS, head + attribute(2, packed) + attribute(1, packed))


def add_route(interface: str, address: str) -> None:
    """Reach one address through an interface of this namespace."""
    number = struct.pack("I", socket.if_nametoindex(interface))
    head = struct.pack("BBBBBBBBI", socket.AF_INET, 32, 0, 0, HOST, 4, LINK, 1, 0)
    tell(NEW_ROUTE, head + attribute(1, socket.inet_aton(address)) + attribute(4, number))


def listen(ports: tuple[int, ...]) -> list[socket.socket]:
    """Sockets at ADDRESS in this thread's namespace; they stay in it."""
    made: list[socket.socket] = []
    try:
        for port in ports:
            made.append(socket.create_server((ADDRESS, port), backlog=128))
    except OSError:
        for one in made:
            one.close()
        raise
    return made


def furnish(pid: int, ports: tuple[int, ...]) -> list[socket.socket]:
    """Make the doorway of the namespace of a process. It changes the namespace of its thread. OSError."""
    if os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino:
        raise OSError(errno.ESRCH, "it has no namespace of its own")
    task = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        unshare()
        make_pair(task)
        add_address(OUTSIDE, OUTER, 30)
        add_address(OUTSIDE, ADDRESS, 32)
        listening = listen(ports)
        try:
            enter(task)
            add_address(INSIDE, INNER, 30)
            bring_up(INSIDE)
            add_route(INSIDE, ADDRESS)
        except OSError:
            for one in listening:
                one.close()
            raise
        return listening
    finally:
        os.close(task)


# The program


class Doorway:
    """Everything that is open. Its methods run on one loop; only ``furnish`` has threads."""

    def __init__(self, targets: dict[int, Target]) -> None:
        self._targets = targets
        self._open: dict[str, tuple[int, list[asyncio.Server]]] = {}
        self._lives: dict[str, int] = {}
        self._busy: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Say whether it can work here, then do as stdin says, until it ends."""
        loop = asyncio.get_running_loop()
        try:
            await self._try()
        except (TimeoutError, OSError) as problem:
            say({"id": "", "error": str(problem) or "no answer"})
            return
        say({"id": ""})
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async for line in reader:
            self._do(json.loads(line))

    async def _try(self) -> None:
        """Whether namespaces can be made here and the lab server can be reached. OSError."""
        await in_a_thread(unshare)
        for host, port in self._targets.values():
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), DIAL)
            except (TimeoutError, OSError) as problem:
                raise OSError(f"the lab server cannot be reached from a container ({problem or 'no answer'})") from None
            writer.close()

    def _do(self, asked: dict[str, Any]) -> None:
        if "close" in asked:
            self._close(asked["close"])
            return
        opening = asyncio.get_running_loop().create_task(self._answer(asked["open"], int(asked["pid"])))
        self._busy.add(opening)
        opening.add_done_callback(self._busy.discard)

    async def _answer(self, name: str, pid: int) -> None:
        try:
            await self._open_door(name, pid)
            say({"id": name})
        except OSError as problem:
            say({"id": name, "error": str(problem)})

    async def _open_door(self, name: str, pid: int) -> None:
        if name in self._open and self._open[name][0] == pid:
            return
        self._close(name)
        listening = await in_a_thread(lambda: furnish(pid, tuple(self._targets)))
        servers = [await asyncio.start_server(self._through(one.getsockname()[1]), sock=one) for one in listening]
        self._open[name] = (pid, servers)
        self._watch(name, pid)

    def _watch(self, name: str, pid: int) -> None:
        """Close the door when the process that keeps the namespace ends; an older kernel waits for ``close``."""
        try:
            life = os.pidfd_open(pid)
        except ProcessLookupError:
            return self._close(name)
        except OSError:
            return None
        self._lives[name] = life
        return asyncio.get_running_loop().add_reader(life, self._close, name)

    def _close(self, name: str) -> None:
        life = self._lives.pop(name, None)
        if life is not None:
            asyncio.get_running_loop().remove_reader(life)
            os.close(life)
        for server in self._open.pop(name, (0, []))[1]:
            server.close()

    def _through(self, port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
        host, to = self._targets[port]

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                there, back = await asyncio.wait_for(asyncio.open_connection(host, to), DIAL)
            except (TimeoutError, OSError):
                writer.close()
                return
            await asyncio.gather(pump(reader, back), pump(there, writer))
            back.close()
            writer.close()

        return carry


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes until their end, and then say so on the other side."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def in_a_thread(work: Callable[[], Any]) -> Any:
    """Do it in a thread of its own, whose namespace is nobody else's."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def finish(result: Any, problem: Exception | None) -> None:
        if problem is not None:
            done.set_exception(problem)
        else:
            done.set_result(result)

    def run() -> None:
        try:
            result, problem = work(), None
        except OSError as failed:
            result, problem = None, failed
        loop.call_soon_threadsafe(finish, result, problem)

    threading.Thread(target=run, daemon=True).start()
    return await done


def say(answer: dict[str, str]) -> None:
    """One line, at once."""
    os.write(1, json.dumps(answer).encode() + b"\n")


def target(text: str) -> Target:
    """host:port."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def main(agent: str, aws: str) -> None:
    """``agent`` and ``aws`` are host:port of the lab server, or empty."""
    given = {AGENT_PORT: agent, AWS_PORT: aws}
    asyncio.run(Doorway({port: target(text) for port, text in given.items() if text}).run())


if __name__ == "__main__":
    main(*sys.argv[1:3])
