"""The loopback fabric: a network out of 127.0.0.0/8, for the process runtime.

An awsvpc task has one address of its own, a container in bridge mode as well, an instance too; published ports of
bridge mode are carried by a forwarder. It isolates nothing: whoever knows an address can reach it (the process
runtime says so). Invariant: what ``attach`` takes, ``detach`` gives back, also when ``attach`` fails half-way.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ecslab.model.network import (
    ContainerWiring,
    Doors,
    Endpoint,
    Namespace,
    PortRequest,
    Publish,
    Wiring,
    WiringRequest,
)
from ecslab.model.status import NetworkMode
from ecslab.networks.addresses import Addresses, Claimed, can_bind
from ecslab.networks.forwarder import Forwarder
from ecslab.networks.ports import PortBook, port_taken

NO_DOORS = Doors()


@dataclass(slots=True)
class _Attached:
    """What one task has."""

    addresses: list[Claimed] = field(default_factory=list)
    listeners: list[tuple[str, int]] = field(default_factory=list)
    wiring: Wiring | None = None


class LoopbackFabric:
    """All of it is this process's own: sockets it holds, and a thread that carries bytes.

    ``home`` is not needed to find leftovers: what a dead lab held, the kernel has taken back.
    """

    def __init__(self, lab_id: str, home: Path, doors: Doors = NO_DOORS) -> None:
        self._doors = doors
        self._addresses = Addresses(lab_id)
        self._lock = threading.Lock()
        self._book = PortBook()
        self._forwarder: Forwarder | None = None
        self._attached: dict[str, _Attached] = {}
        self._instances: dict[str, Claimed] = {}

    def open(self) -> None:
        """Nothing to prepare: the forwarder's thread starts with the first published port."""

    def close(self) -> None:
        """Give back every address and port."""
        with self._lock:
            for task_id in list(self._attached):
                self._give_back(task_id)
            self._addresses.close()
            self._instances.clear()
            self._book = PortBook()
            forwarder, self._forwarder = self._forwarder, None
        if forwarder is not None:
            forwarder.close()

    def add_instance(self, instance: str, private_ip: str) -> str:
        """The instance's own loopback address; the same one when it is asked for again."""
        with self._lock:
            return self._instance(instance).address

    def remove_instance(self, instance: str) -> None:
        """Give its address back."""
        with self._lock:
            claimed = self._instances.pop(instance, None)
            if claimed is not None:
                self._addresses.release(claimed)
            self._book.forget(instance)

    def wirings(self) -> tuple[Wiring, ...]:
        """All wirings now attached."""
        with self._lock:
            return tuple(a.wiring for a in self._attached.values() if a.wiring is not None)

    def entered(self, task_id: str, container: str, runtime_id: str) -> None:
        """Nothing: a container here has no namespace of its own."""

    def detach(self, task_id: str) -> None:
        """Give back what the task has."""
        with self._lock:
            self._give_back(task_id)

    def attach(self, request: WiringRequest) -> Wiring:
        """The task's network; ResourceInitializationError, CannotStartContainerError for a taken host port."""
        with self._lock:
            known = self._attached.get(request.task_id)
            if known is not None and known.wiring is not None:
                return known.wiring
            attached = self._attached[request.task_id] = _Attached()
            try:
                attached.wiring = self._wire(request, attached)
            except BaseException:
                self._give_back(request.task_id)
                raise
            return attached.wiring

    def _give_back(self, task_id: str) -> None:
        attached = self._attached.pop(task_id, None)
        if attached is None:
            return
        for place in attached.listeners:
            self._carrier().forget(place)
        for claimed in attached.addresses:
            self._addresses.release(claimed)
        self._book.release(task_id)

    def _carrier(self) -> Forwarder:
        if self._forwarder is None:
            self._forwarder = Forwarder()
        return self._forwarder

    def _instance(self, instance: str) -> Claimed:
        if instance not in self._instances:
            self._instances[instance] = self._addresses.for_instance()
        return self._instances[instance]

    def _wire(self, request: WiringRequest, attached: _Attached) -> Wiring:
        match request.mode:
            case NetworkMode.HOST:
                return self._host(request)
            case NetworkMode.BRIDGE:
                return self._bridge(request, attached)
        return self._own_address(request, attached)

    def _own_address(self, request: WiringRequest, attached: _Attached) -> Wiring:
        """awsvpc: all containers share the task's address. none: the same, but nothing is said of it."""
        ports = tuple(p.container_port for p in request.ports)
        eni = request.eni
        own = self._addresses.for_eni(eni.private_ip, ports) if eni else self._addresses.for_container(ports)
        attached.addresses.append(own)
        silent = request.mode is NetworkMode.NONE
        wiring = ContainerWiring(
            namespace=Namespace.NONE if silent else Namespace.OWN,
            address=own.address,
            port_shift=own.shift,
            agent="" if silent else self._doors.agent,
            aws="" if silent else self._doors.aws,
        )
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address="" if silent else own.address,
            containers=dict.fromkeys(request.containers, wiring),
            endpoints=() if silent else tuple(_endpoint(p, p.container_port, own) for p in request.ports),
        )

    def _host(self, request: WiringRequest) -> Wiring:
        own = self._instance(request.instance)
        for port in request.ports:
            self._take(request, port.container_port, own, port.protocol)
        wiring = ContainerWiring(
            address=own.address, port_shift=own.shift, agent=self._doors.agent, aws=self._doors.aws
        )
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=own.address,
            containers=dict.fromkeys(request.containers, wiring),
            endpoints=tuple(_endpoint(p, p.container_port, own) for p in request.ports),
        )

    def _bridge(self, request: WiringRequest, attached: _Attached) -> Wiring:
        host = self._instance(request.instance)
        own: dict[str, Claimed] = {}
        for name in request.containers:
            own[name] = self._addresses.for_container(p.container_port for p in request.ports if p.container == name)
            attached.addresses.append(own[name])
        endpoints = tuple(self._publish(request, port, own[port.container], attached) for port in request.ports)
        containers = {
            name: ContainerWiring(
                address=own[name].address,
                port_shift=own[name].shift,
                publish=tuple(_published(e) for e in endpoints if e.container == name),
                hosts=tuple((alias, _host(own[linked])) for who, linked, alias in request.links if who == name),
                agent=self._doors.agent,
                aws=self._doors.aws,
            )
            for name in request.containers
        }
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=host.address,
            containers=containers,
            endpoints=endpoints,
        )

    def _publish(self, request: WiringRequest, port: PortRequest, own: Claimed, attached: _Attached) -> Endpoint:
        host = self._instance(request.instance)
        if port.host_port:
            self._take(request, port.host_port, host, port.protocol)
            host_port = port.host_port
        else:
            host_port = self._book.take_dynamic(
                request.instance, request.task_id, port.protocol, lambda n: can_bind(host.address, n)
            )
        endpoint = _endpoint(port, host_port, host if port.host_port else Claimed(address=host.address))
        if port.protocol == "tcp":
            place = (endpoint.host, endpoint.port)
            self._listen(place, (own.address, own.port(port.container_port)), host_port)
            attached.listeners.append(place)
        return endpoint

    def _listen(self, place: tuple[str, int], target: tuple[str, int], host_port: int) -> None:
        try:
            self._carrier().listen(place, target)
        except OSError as error:
            raise port_taken(host_port, error.strerror or "another program has it") from error

    def _take(self, request: WiringRequest, port: int, host: Claimed, protocol: str) -> None:
        self._book.take(request.instance, request.task_id, port, protocol)
        if protocol == "tcp" and not can_bind(host.address, host.port(port)):
            raise port_taken(port, f"another program of this machine listens on {host.address}")


def _host(claimed: Claimed) -> str:
    """An address as ``ECSLAB_HOSTS`` has it: with the shift where each address has one of its own."""
    return f"{claimed.address}+{claimed.shift}" if claimed.address == "127.0.0.1" else claimed.address


def _endpoint(port: PortRequest, host_port: int, at: Claimed) -> Endpoint:
    return Endpoint(
        container=port.container,
        container_port=port.container_port,
        host_port=host_port,
        protocol=port.protocol,
        host=at.address,
        port=at.port(host_port),
    )


def _published(endpoint: Endpoint) -> Publish:
    return Publish(
        container_port=endpoint.container_port,
        host_address=endpoint.host,
        host_port=endpoint.port,
        protocol=endpoint.protocol,
    )
