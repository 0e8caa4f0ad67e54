"""Who reaches whom on the modelled network: the rules of each network mode, as tables. No socket, no lock.

A namespace is a name here: containers whose wirings name the same one share localhost. The errors are those a
program gets from Linux, so that a simulated container says what a real one says. Invariant: every lookup costs the
same with ten tasks as with ten thousand.

Sources: task networking of the ECS guide (facts: network_modes); docker0's address range for bridge mode.
"""

from __future__ import annotations

import errno
import ipaddress
import os
from dataclasses import dataclass, field

from ecslab.model.network import ContainerWiring, Reached, Wiring
from ecslab.model.status import NetworkMode

BRIDGE = ipaddress.ip_network("172.17.0.0/16")
GATEWAY = "172.17.0.1"
"""The container instance itself, as its bridge containers see it."""
NAME_UNKNOWN, NAME_FAILED = -2, -3
"""``EAI_NONAME`` and ``EAI_AGAIN`` of getaddrinfo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """Where a container is: its namespace's mode, instance, own address and the names it knows."""

    mode: NetworkMode
    instance: str
    address: str
    names: dict[str, str] = field(default_factory=dict)


class Routes:
    """Where every address leads, kept as tasks and instances come and go. Its owner holds a lock."""

    def __init__(self) -> None:
        self._homes: dict[str, _Home] = {}
        self._tasks: dict[str, tuple[Wiring, str]] = {}
        self._addresses: dict[str, str] = {}
        self._instances: dict[str, str] = {}
        self._published: dict[tuple[str, int], Reached] = {}
        self._hosted: dict[str, set[str]] = {}

    def add_instance(self, instance: str, address: str) -> None:
        """An instance can be reached at ``address`` from now on."""
        self._instances[address] = instance

    def remove_instance(self, instance: str) -> None:
        """Nothing leads there any more."""
        self._instances = {address: name for address, name in self._instances.items() if name != instance}

    def add(self, wiring: Wiring, instance: str) -> None:
        """A task is on the network."""
        self._tasks[wiring.task_id] = (wiring, instance)
        for own in wiring.containers.values():
            home = _Home(mode=wiring.mode, instance=instance, address=own.address, names=dict(own.hosts))
            self._homes[own.joins] = home
            if own.address and wiring.mode is not NetworkMode.HOST:
                self._addresses[own.address] = own.joins
            if wiring.mode is NetworkMode.HOST:
                self._hosted.setdefault(own.joins, set()).add(wiring.task_id)
        self._published.update(_published(wiring, instance))

    def remove(self, task_id: str) -> None:
        """A task is gone; nothing happens for one that is not there."""
        wiring, instance = self._tasks.pop(task_id, (None, ""))
        for own in wiring.containers.values() if wiring is not None else ():
            sharing = self._hosted.get(own.joins, set())
            sharing.discard(task_id)
            if not sharing:
                self._hosted.pop(own.joins, None)
                self._homes.pop(own.joins, None)
                self._addresses.pop(own.address, None)
        for key in _published(wiring, instance) if wiring is not None else ():
            self._published.pop(key, None)

    def at(self, host: str, port: int) -> Reached | None:
        """Where an address that the API shows leads to (an ENI's, an instance's); None for any other."""
        if host in self._addresses and not _bridged(host):
            return Reached(namespace=self._addresses[host], port=port)
        instance = self._instances.get(host)
        return self._on_instance(instance, port) if instance is not None else None

    def reach(self, namespace: str, host: str, port: int) -> Reached:
        """Where a connection from ``namespace`` to ``host``:``port`` ends. OSError as Linux gives it.

        Whether anything listens there is not known here.
        """
        home = self._homes.get(namespace)
        if home is None:
            raise _error(errno.ENETUNREACH)
        address = home.names.get(host) or _numeric(host, home)
        if address == home.address or ipaddress.ip_address(address).is_loopback:
            own = Reached(namespace=namespace, port=port)
            return self._on_instance(home.instance, port) if home.mode is NetworkMode.HOST else own
        if home.mode is NetworkMode.NONE:
            raise _error(errno.ENETUNREACH)
        if _bridged(address):
            return self._over_bridge(home, address, port)
        found = self.at(address, port)
        if found is None:
            raise TimeoutError("timed out")
        return found

    def _on_instance(self, instance: str, port: int) -> Reached:
        shared = Reached(namespace=host_namespace(instance), port=port)
        return self._published.get((instance, port), shared)

    def _over_bridge(self, home: _Home, address: str, port: int) -> Reached:
        """docker0 is one instance's own: from elsewhere no address of it can be reached."""
        if home.mode is NetworkMode.AWSVPC:
            raise TimeoutError("timed out")
        if address == GATEWAY:
            return self._on_instance(home.instance, port)
        namespace = self._addresses.get(address)
        if namespace is None or self._homes[namespace].instance != home.instance:
            raise _error(errno.EHOSTUNREACH)
        return Reached(namespace=namespace, port=port)


def host_namespace(instance: str) -> str:
    """The name of an instance's own namespace."""
    return f"instance {instance}"


def _published(wiring: Wiring, instance: str) -> dict[tuple[str, int], Reached]:
    if wiring.mode is not NetworkMode.BRIDGE:
        return {}
    return {
        (instance, e.host_port): Reached(namespace=_own(wiring, e.container).joins, port=e.container_port)
        for e in wiring.endpoints
        if e.protocol == "tcp"
    }


def _own(wiring: Wiring, container: str) -> ContainerWiring:
    return wiring.containers[container]


def _bridged(address: str) -> bool:
    return ipaddress.ip_address(address) in BRIDGE


def _numeric(host: str, home: _Home) -> str:
    """An address as it stands; a name is refused as a resolver refuses it."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if home.mode is NetworkMode.NONE:
        raise OSError(NAME_FAILED, "Temporary failure in name resolution")
    raise OSError(NAME_UNKNOWN, "Name or service not known")


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
