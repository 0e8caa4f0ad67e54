"""The docker fabric: real namespaces and addresses for tasks, on a Docker engine.

awsvpc: a pause container on the network of the VPC has the ENI's address, and the task's containers join it.
bridge: the engine's own network, ports published on the instance's own loopback address. host: a pause container
for each instance, whose namespace is the instance's. Where containers cannot be dialled from here (Docker Desktop),
ports are published on 127.0.0.1. Invariant: what ``attach`` takes, ``detach`` gives back, also when it fails half-way.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from ecslab.engine import connect, owner_lives, reachable, translated
from ecslab.errors import ContainerRuntimeError, ResourceInitializationError
from ecslab.model.labels import LABEL_OWNER
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
from ecslab.networks.addresses import Addresses, Claimed
from ecslab.networks.docker_doorway import Doorway
from ecslab.networks.docker_engine import EngineNetworks
from ecslab.networks.docker_keepers import Keepers
from ecslab.networks.ports import PortBook, port_taken

ANYWHERE = "127.0.0.1"
"""Where ports are published when nothing else of the engine can be dialled from here."""


NO_DOORS = Doors()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Namespace:
    """An instance's own namespace: the pause container that keeps it, and its address."""

    keeper: str
    address: str


class DockerFabric:
    """The networks of one lab on one engine."""

    def __init__(self, lab_id: str, doors: Doors = NO_DOORS) -> None:
        client = connect()
        self._api = client.api
        self._lab_id = lab_id
        self._networks = EngineNetworks(self._api, lab_id)
        self._doorway = Doorway(client, lab_id, doors)
        self._keepers = Keepers(client, lab_id, self._doorway.open)
        self._addresses = Addresses(lab_id)
        self._ports = PortBook()
        self._lock = threading.RLock()
        self._making = threading.Lock()
        self._reachable = True
        self._instances: dict[str, Claimed] = {}
        self._namespaces: dict[str, _Namespace] = {}
        self._kept: dict[str, str] = {}
        self._entered: dict[str, tuple[str, ...]] = {}
        self._wirings: dict[str, Wiring] = {}

    @property
    def pretended(self) -> tuple[str, ...]:
        """What does not hold on this machine, in words for the learner."""
        refused = self._doorway.refused
        doorless = (f"no task reaches the agent at 169.254.170.2, so none has credentials of its role: {refused}",)
        return (doorless if refused else ()) + tuple(
            f"the addresses {cidr} are in use on this machine: tasks are reached at other addresses than their "
            "network interfaces show"
            for cidr in self._networks.misfits
        )

    def open(self) -> None:
        """Sweep the networks of dead labs."""
        with translated(ContainerRuntimeError):
            self._reachable = self._networks.local = reachable(self._api.info())
            self._doorway.local = self._reachable
            self._networks.sweep(lambda labels: not owner_lives(labels.get(LABEL_OWNER, "")))

    def close(self) -> None:
        """Remove every pause container and network of this lab."""
        with self._lock:
            self._wirings.clear()
            self._kept.clear()
            self._namespaces.clear()
            self._instances.clear()
            self._ports = PortBook()
            self._addresses.close()
        try:
            with translated(ContainerRuntimeError):
                self._doorway.close()
                self._keepers.close()
                self._networks.close()
        except ContainerRuntimeError:
            return  # the engine is gone, or has something in use: the next lab sweeps

    def wirings(self) -> tuple[Wiring, ...]:
        """All wirings now attached."""
        with self._lock:
            return tuple(self._wirings.values())

    # instances

    def add_instance(self, instance: str, private_ip: str) -> str:
        """An address of the instance's own, on loopback where this machine has more than one."""
        with self._lock:
            if instance not in self._instances:
                own = self._addresses.for_instance() if self._reachable else Claimed(address=ANYWHERE)
                self._instances[instance] = own
            return self._instances[instance].address

    def remove_instance(self, instance: str) -> None:
        """Forget an instance and remove its namespace."""
        with self._lock:
            own = self._instances.pop(instance, None)
            if own is not None:
                self._addresses.release(own)
            self._ports.forget(instance)
            namespace = self._namespaces.pop(instance, None)
        if namespace is not None:
            self._remove(namespace.keeper)

    def _remove(self, keeper: str) -> None:
        with translated(ContainerRuntimeError):
            self._keepers.remove(keeper)

    # tasks

    def attach(self, request: WiringRequest) -> Wiring:
        """Give a task its network; the same again for a task that has it."""
        with self._lock:
            if request.task_id in self._wirings:
                return self._wirings[request.task_id]
        make: dict[NetworkMode, Callable[[WiringRequest], Wiring]] = {
            NetworkMode.AWSVPC: self._awsvpc,
            NetworkMode.BRIDGE: self._bridge,
            NetworkMode.HOST: self._host,
            NetworkMode.NONE: _none,
        }
        if request.mode is not NetworkMode.NONE:
            self._doorway.begin()
        try:
            with translated(ResourceInitializationError):
                wiring = make[request.mode](request)
        except BaseException:
            self.detach(request.task_id)
            raise
        with self._lock:
            self._wirings[request.task_id] = wiring
        return wiring

    def detach(self, task_id: str) -> None:
        """Take a task's network away; nothing for a task that has none."""
        with self._lock:
            self._wirings.pop(task_id, None)
            self._ports.release(task_id)
            keeper = self._kept.pop(task_id, "")
            entered = self._entered.pop(task_id, ())
        for container in (*entered, *((keeper,) if keeper else ())):
            self._doorway.shut(container)
        if keeper:
            self._remove(keeper)

    def entered(self, task_id: str, container: str, runtime_id: str) -> None:
        """Open the doorway of a container in bridge mode, which has a namespace of its own only now."""
        with self._lock:
            wiring = self._wirings.get(task_id)
            own = wiring.containers.get(container) if wiring is not None else None
            if own is None or own.namespace is not Namespace.OWN or not (own.agent or own.aws):
                return
            self._entered[task_id] = (*self._entered.get(task_id, ()), runtime_id)
        self._doorway.open(runtime_id)

    def _doors(self, keeper: str) -> tuple[str, str]:
        """(agent, aws) for who joins the namespace of this pause container; empty where they cannot be reached."""
        return self._doorway.wiring if self._doorway.open(keeper) else ("", "")

    def _awsvpc(self, request: WiringRequest) -> Wiring:
        if request.eni is None:
            raise ResourceInitializationError("the task's network interface is not there yet. Run the task again.")
        network = self._networks.vpc(request.eni)
        published = {} if self._reachable else {p: self._publish(request, p, ANYWHERE) for p in request.ports}
        address = request.eni.private_ip if network.fits else self._networks.next_address(network)
        keeper = self._keepers.take(network.name, address, tuple(published.values()))
        with self._lock:
            self._kept[request.task_id] = keeper
        agent, aws = self._doors(keeper)
        joined = ContainerWiring(namespace=Namespace.JOINED, joins=keeper, address=address, agent=agent, aws=aws)
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=address,
            containers=dict.fromkeys(request.containers, joined),
            endpoints=tuple(_endpoint(p, p.container_port, address, published.get(p)) for p in request.ports),
        )

    def _bridge(self, request: WiringRequest) -> Wiring:
        network, address = self._networks.plain(), self.add_instance(request.instance, "")
        published = {p: self._publish(request, p, address) for p in request.ports}
        agent, aws = self._doorway.wiring
        plain = {
            name: ContainerWiring(
                network=network,
                publish=tuple(own for p, own in published.items() if p.container == name),
                agent=agent,
                aws=aws,
            )
            for name in request.containers
        }
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=address,
            containers=self._linked(request, plain) if request.links else plain,
            endpoints=tuple(_endpoint(p, own.host_port, address, own) for p, own in published.items()),
        )

    def _linked(self, request: WiringRequest, plain: dict[str, ContainerWiring]) -> dict[str, ContainerWiring]:
        """The same on a network of the lab's, each with an address chosen beforehand, so that names can be given."""
        network = self._networks.own()
        own = {name: self._networks.next_address(network) for name in request.containers}
        return {
            name: replace(
                wiring,
                network=network.name,
                address=own[name],
                hosts=tuple((alias, own[linked]) for source, linked, alias in request.links if source == name),
            )
            for name, wiring in plain.items()
        }

    def _host(self, request: WiringRequest) -> Wiring:
        with self._lock:
            for port in request.ports:
                self._ports.take(request.instance, request.task_id, port.container_port, port.protocol)
        own = self._namespace(request.instance)
        agent, aws = self._doors(own.keeper)
        joined = ContainerWiring(
            namespace=Namespace.JOINED, joins=own.keeper, address=own.address, agent=agent, aws=aws
        )
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=own.address,
            containers=dict.fromkeys(request.containers, joined),
            endpoints=tuple(_endpoint(p, p.container_port, own.address) for p in request.ports),
        )

    def _namespace(self, instance: str) -> _Namespace:
        """The instance's own namespace: made when a task in host mode first needs it."""
        with self._making:
            known = self._namespaces.get(instance)
            if known is None:
                network = self._networks.plain()
                keeper = self._keepers.take(network)
                known = _Namespace(keeper=keeper, address=self._keepers.address(keeper, network))
                self._namespaces[instance] = known
            return known

    def _publish(self, request: WiringRequest, port: PortRequest, address: str) -> Publish:
        """Take a host port on ``address``: the one asked for, or the next that is free. CannotStartContainerError."""
        where = request.instance or address
        fixed = port.host_port if request.mode is NetworkMode.BRIDGE else 0
        with self._lock:
            if not fixed:
                number = self._ports.take_dynamic(
                    where, request.task_id, port.protocol, lambda n: free(address, n, port.protocol)
                )
            else:
                self._ports.take(where, request.task_id, fixed, port.protocol)
                if not free(address, fixed, port.protocol):
                    raise port_taken(fixed, f"another program of this machine listens on {address}")
                number = fixed
        return Publish(
            container_port=port.container_port, host_address=address, host_port=number, protocol=port.protocol
        )


def _none(request: WiringRequest) -> Wiring:
    bare = ContainerWiring(namespace=Namespace.NONE)
    return Wiring(task_id=request.task_id, mode=request.mode, containers=dict.fromkeys(request.containers, bare))


def _endpoint(port: PortRequest, shown: int, address: str, published: Publish | None = None) -> Endpoint:
    """``shown`` is the host port of the API; published ports are dialled where they are published."""
    return Endpoint(
        container=port.container,
        container_port=port.container_port,
        host_port=shown,
        protocol=port.protocol,
        host=published.host_address if published else address,
        port=published.host_port if published else port.container_port,
    )


def free(address: str, port: int, protocol: str = "tcp") -> bool:
    """Whether nobody listens there. A port this user may not bind is free: it is the engine that binds it."""
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if protocol == "tcp" else 0)
        try:
            probe.bind((address, port))
        except OSError as failed:
            return failed.errno in (errno.EACCES, errno.EPERM, errno.EADDRNOTAVAIL)
    return True
