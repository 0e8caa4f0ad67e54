"""Loopback addresses for tasks, each held by one lab of this machine at a time.

An address is claimed by binding a UDP port on it, which the kernel grants only once: so two labs, or two users,
never share one by accident, and a claim ends with its process. Invariant: ``claim`` gives an address nobody else
holds on which the ports asked for are free, and ``release`` gives it back. Where the machine has only 127.0.0.1
(macOS), everybody shares that and each gets a port shift of its own.
"""

from __future__ import annotations

import hashlib
import itertools
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ecslab.errors import ResourceInitializationError

CLAIM_PORT = 51677
SHIFT = 8000
"""Added to ports below 1024 where they may not be bound."""
ONLY = "127.0.0.1"
FIRST_SHIFT, LAST_SHIFT = 10_000, 50_000
_TRIES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An address, and what is added to the ports on it (to those below 1024; on 127.0.0.1 to all)."""

    address: str
    shift: int = 0

    def port(self, container_port: int) -> int:
        """The port really bound for a container port."""
        moved = container_port < 1024 or self.address == ONLY
        return container_port + self.shift if moved else container_port


def can_bind(address: str, port: int) -> bool:
    """Whether this user could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
    return True


class Addresses:
    """The addresses of one lab. Not thread-safe: its owner holds a lock."""

    def __init__(self, lab_id: str) -> None:
        self._spread = int.from_bytes(hashlib.sha256(lab_id.encode()).digest()[:4], "big")
        self._held: dict[Claimed, socket.socket | None] = {}
        self._shifts = itertools.count(FIRST_SHIFT + self._spread % 5000, 11)
        self.many = can_bind("127.1.255.254", 0)
        """Whether the machine has more than one loopback address."""
        self.shift = 0 if can_bind("127.1.255.254" if self.many else ONLY, 80) else SHIFT

    def for_eni(self, private_ip: str, ports: Iterable[int]) -> Claimed:
        """127.x.y.z with the last three octets of an ENI's address, or a neighbour when that is taken."""
        second, third, fourth = (int(part) for part in private_ip.split(".")[1:])
        first = f"127.{second}.{third}.{fourth}"
        reserved = second in (0, 1, 18)
        neighbours = (f"127.{64 + n % 128}.{third}.{fourth}" for n in self._numbers())
        return self.claim(neighbours if reserved else itertools.chain((first,), neighbours), ports)

    def for_container(self, ports: Iterable[int]) -> Claimed:
        """An address of 127.18.0.0/16, for a container in bridge mode."""
        return self.claim((f"127.18.{n // 253 % 256}.{n % 253 + 2}" for n in self._numbers()), ports)

    def for_instance(self) -> Claimed:
        """An address of 127.1.0.0/16, for a container instance."""
        return self.claim((f"127.1.{n // 253 % 255}.{n % 253 + 1}" for n in self._numbers()), ())

    def claim(self, candidates: Iterable[str], ports: Iterable[int]) -> Claimed:
        """The first candidate that is free; ResourceInitializationError when none is."""
        wanted = tuple(ports)
        if not self.many:
            return self._shifted(wanted)
        for address in itertools.islice(candidates, _TRIES):
            claimed = Claimed(address=address, shift=self.shift)
            holder = _hold(address)
            if holder is None:
                continue
            if all(can_bind(address, claimed.port(port)) for port in wanted):
                self._held[claimed] = holder
                return claimed
            holder.close()
        raise ResourceInitializationError("no loopback address of this machine is free. Stop some tasks or other labs.")

    def release(self, claimed: Claimed) -> None:
        """Give an address back."""
        holder = self._held.pop(claimed, None)
        if holder is not None:
            holder.close()

    def close(self) -> None:
        """Give everything back."""
        for claimed in list(self._held):
            self.release(claimed)

    def _numbers(self) -> Iterator[int]:
        return itertools.count(self._spread % 60_000 + len(self._held))

    def _shifted(self, ports: tuple[int, ...]) -> Claimed:
        for shift in itertools.islice(self._shifts, _TRIES):
            span = LAST_SHIFT - FIRST_SHIFT
            claimed = Claimed(address=ONLY, shift=FIRST_SHIFT + (shift - FIRST_SHIFT) % span)
            fits = all(port + claimed.shift < 65_536 and can_bind(ONLY, port + claimed.shift) for port in ports)
            if fits and claimed not in self._held:
                self._held[claimed] = None
                return claimed
        raise ResourceInitializationError("no free ports are left on 127.0.0.1. Stop some tasks or other labs.")


def _hold(address: str) -> socket.socket | None:
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        holder.bind((address, CLAIM_PORT))
    except OSError:
        holder.close()
        return None
    return holder
