"""The modelled fabric: the decisions of a network without the network, for the simulated runtime.

It gives addresses and host ports as the others do, says who reaches whom, and opens no socket. Invariant: the same
requests in the same order give the same wirings; every verb costs the same with ten tasks as with ten thousand.
"""

from __future__ import annotations

import threading

from ecslab.model.network import (
    ContainerWiring,
    Endpoint,
    Namespace,
    PortRequest,
    Publish,
    Reached,
    Wiring,
    WiringRequest,
)
from ecslab.model.status import NetworkMode
from ecslab.networks.ports import PortBook
from ecslab.networks.routes import Routes, host_namespace

AGENT, AWS = "http://169.254.170.2", "http://169.254.170.2:4510"
"""What a container dials for its agent and for AWS: the addresses of the docker fabric."""
NO_INSTANCE = "10.0.0.1"
"""Where ports are published for a task that was placed on no instance known here."""


class ModelledFabric:
    """Addresses are those the API shows: the ENI's for awsvpc, else the instance's private one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._book = PortBook()
        self._routes = Routes()
        self._wirings: dict[str, Wiring] = {}
        self._instances: dict[str, str] = {}
        self._bridged = 0

    def open(self) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._book = PortBook()
            self._routes = Routes()
            self._wirings.clear()
            self._instances.clear()

    def add_instance(self, instance: str, private_ip: str) -> str:
        """Its address: the private one."""
        with self._lock:
            self._instances[instance] = private_ip
            self._routes.add_instance(instance, private_ip)
            return private_ip

    def remove_instance(self, instance: str) -> None:
        """Forget the instance and its ports."""
        with self._lock:
            self._instances.pop(instance, None)
            self._book.forget(instance)
            self._routes.remove_instance(instance)

    def wirings(self) -> tuple[Wiring, ...]:
        """All wirings now attached."""
        with self._lock:
            return tuple(self._wirings.values())

    def entered(self, task_id: str, container: str, runtime_id: str) -> None:
        """Nothing: a container here has no namespace of its own."""

    def detach(self, task_id: str) -> None:
        """Give back what the task has."""
        with self._lock:
            self._wirings.pop(task_id, None)
            self._routes.remove(task_id)
            self._book.release(task_id)

    def reach(self, namespace: str, host: str, port: int) -> Reached:
        """Where a connection from a container's namespace (``ContainerWiring.joins``) ends, by its network mode.

        OSError as Linux gives it: no route, timed out, an unknown name. Whether anything listens is not known here.
        """
        with self._lock:
            return self._routes.reach(namespace, host, port)

    def at(self, host: str, port: int) -> Reached | None:
        """Where an address that the API shows leads to, seen from the learner's machine; None for any other."""
        with self._lock:
            return self._routes.at(host, port)

    def attach(self, request: WiringRequest) -> Wiring:
        """The task's network; CannotStartContainerError for a taken host port, and then nothing is kept."""
        with self._lock:
            known = self._wirings.get(request.task_id)
            if known is not None:
                return known
            try:
                wiring = self._wire(request)
            except BaseException:
                self._book.release(request.task_id)
                raise
            self._wirings[request.task_id] = wiring
            self._routes.add(wiring, request.instance)
            return wiring

    def _wire(self, request: WiringRequest) -> Wiring:
        match request.mode:
            case NetworkMode.AWSVPC:
                return _awsvpc(request)
            case NetworkMode.BRIDGE:
                return self._bridge(request)
            case NetworkMode.HOST:
                return self._host(request)
        return _none(request)

    def _host(self, request: WiringRequest) -> Wiring:
        address = self._instances.get(request.instance, NO_INSTANCE)
        for port in request.ports:
            self._book.take(request.instance, request.task_id, port.container_port, port.protocol)
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=address,
            containers=_shared(request, address, host_namespace(request.instance)),
            endpoints=tuple(_endpoint(port, address, port.container_port) for port in request.ports),
        )

    def _bridge(self, request: WiringRequest) -> Wiring:
        host = self._instances.get(request.instance, NO_INSTANCE)
        own = {name: self._bridge_address() for name in request.containers}
        endpoints = tuple(_endpoint(port, host, self._host_port(request, port)) for port in request.ports)
        containers = {
            name: ContainerWiring(
                joins=_alone(request, name),
                address=own[name],
                publish=tuple(_published(e) for e in endpoints if e.container == name),
                hosts=tuple((alias, own[linked]) for who, linked, alias in request.links if who == name),
                agent=AGENT,
                aws=AWS,
            )
            for name in request.containers
        }
        return Wiring(
            task_id=request.task_id, mode=request.mode, address=host, containers=containers, endpoints=endpoints
        )

    def _host_port(self, request: WiringRequest, port: PortRequest) -> int:
        if not port.host_port:
            return self._book.take_dynamic(request.instance, request.task_id, port.protocol)
        self._book.take(request.instance, request.task_id, port.host_port, port.protocol)
        return port.host_port

    def _bridge_address(self) -> str:
        self._bridged += 1
        number = self._bridged % 65_534 + 1
        return f"172.17.{number >> 8}.{number & 255}"


def _awsvpc(request: WiringRequest) -> Wiring:
    address = request.eni.private_ip if request.eni is not None else ""
    return Wiring(
        task_id=request.task_id,
        mode=request.mode,
        address=address,
        containers=_shared(request, address, f"task {request.task_id}"),
        endpoints=tuple(_endpoint(port, address, port.container_port) for port in request.ports),
    )


def _shared(request: WiringRequest, address: str, namespace: str) -> dict[str, ContainerWiring]:
    """One namespace for all of a task's containers."""
    own = ContainerWiring(namespace=Namespace.JOINED, joins=namespace, address=address, agent=AGENT, aws=AWS)
    return dict.fromkeys(request.containers, own)


def _alone(request: WiringRequest, container: str) -> str:
    """The namespace that a container has for itself."""
    return f"task {request.task_id} container {container}"


def _none(request: WiringRequest) -> Wiring:
    containers = {
        name: ContainerWiring(namespace=Namespace.NONE, joins=_alone(request, name)) for name in request.containers
    }
    return Wiring(task_id=request.task_id, mode=request.mode, containers=containers)


def _endpoint(port: PortRequest, host: str, host_port: int) -> Endpoint:
    return Endpoint(
        container=port.container,
        container_port=port.container_port,
        host_port=host_port,
        protocol=port.protocol,
        host=host,
        port=host_port,
    )


def _published(endpoint: Endpoint) -> Publish:
    return Publish(
        container_port=endpoint.container_port,
        host_address=endpoint.host,
        host_port=endpoint.host_port,
        protocol=endpoint.protocol,
    )
