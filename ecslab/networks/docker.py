"""The docker fabric: engine networks and pause containers.

awsvpc: one engine network per VPC, with the VPC's addresses; a pause container owns the task's namespace and
has the ENI's address, and the task's containers join it. bridge: one engine network per lab, ports published
on the instance's own loopback address. host: a pause container per instance, which is the instance's namespace.
Where container addresses cannot be reached from here (Docker Desktop), ports are published on 127.0.0.1.
"""

from __future__ import annotations

import ipaddress
import platform
import socket
import threading

from docker.errors import APIError
from docker.types import IPAMConfig, IPAMPool

from ecslab.engine import connect, mine, owner_lives, quietly, translated
from ecslab.errors import CannotStartContainerError, ContainerRuntimeError, ResourceInitializationError
from ecslab.images import build
from ecslab.images.catalogue import IMAGES
from ecslab.model.labels import LABEL_KEEPER, LABEL_LAB, LABEL_OWNER
from ecslab.model.network import (
    ContainerWiring,
    Endpoint,
    Eni,
    Namespace,
    PortRequest,
    Publish,
    Wiring,
    WiringRequest,
)
from ecslab.model.status import NetworkMode
from ecslab.networks.ports import PortBook

KEEPER_IMAGE = "ecslab/tool:1"
HOST_VPC = ""
"""The key of the network for bridge tasks and for instances."""
ANYWHERE = "127.0.0.1"


class DockerFabric:
    """The networks of one lab on one engine."""

    def __init__(self, lab_id: str) -> None:
        self.pretended: list[str] = []
        self._lab_id = lab_id
        self._client = connect()
        self._api = self._client.api
        self._lock = threading.RLock()
        self._networks: dict[str, tuple[str, bool]] = {}
        self._keepers: dict[str, str] = {}
        self._instances: dict[str, str] = {}
        self._hosts: dict[str, tuple[str, str]] = {}
        self._wirings: dict[str, Wiring] = {}
        self._subnets: dict[str, int] = {}
        self._ports = PortBook()
        self._reachable = True

    def open(self) -> None:
        """Sweep the networks of dead labs."""
        with translated(ContainerRuntimeError):
            desktop = "Desktop" in str(self._api.info().get("OperatingSystem"))
            self._reachable = platform.system() == "Linux" and not desktop
            for network in self._api.networks(filters={"label": LABEL_LAB}):
                if not owner_lives((network.get("Labels") or {}).get(LABEL_OWNER, "")):
                    self._remove_network(network["Id"])

    def close(self) -> None:
        """Remove every pause container and network of this lab."""
        with self._lock, translated(ContainerRuntimeError):
            kept = {"label": [f"{LABEL_LAB}={self._lab_id}", LABEL_KEEPER]}
            for found in self._api.containers(all=True, filters=kept):
                self._remove(found["Id"])
            for network in self._api.networks(filters={"label": f"{LABEL_LAB}={self._lab_id}"}):
                self._remove_network(network["Id"])
            self._networks.clear()
            self._wirings.clear()

    def _remove(self, container_id: str) -> None:
        quietly(lambda: self._api.remove_container(container_id, v=True, force=True))

    def _remove_network(self, network_id: str) -> None:
        for container in self._api.inspect_network(network_id).get("Containers") or ():
            self._remove(container)
        quietly(lambda: self._api.remove_network(network_id))

    def wirings(self) -> tuple[Wiring, ...]:
        """All wirings now attached."""
        with self._lock:
            return tuple(self._wirings.values())

    # instances

    def add_instance(self, instance: str, private_ip: str) -> str:
        """An address of the instance's own, on loopback where this machine has more than one."""
        with self._lock:
            if instance not in self._instances:
                number = len(self._instances) + 1
                own = f"127.1.{number // 250}.{number % 250 + 1}"
                self._instances[instance] = own if self._reachable and _can_bind(own, 0) else ANYWHERE
            return self._instances[instance]

    def remove_instance(self, instance: str) -> None:
        """Forget an instance and remove its namespace."""
        with self._lock, translated(ContainerRuntimeError):
            self._instances.pop(instance, None)
            self._ports.forget(instance)
            keeper, _ = self._hosts.pop(instance, ("", ""))
            if keeper:
                self._remove(keeper)

    # tasks

    def attach(self, request: WiringRequest) -> Wiring:
        """Give a task its network; the same again for a task that has it."""
        with self._lock:
            if request.task_id in self._wirings:
                return self._wirings[request.task_id]
        make = {
            NetworkMode.AWSVPC: self._awsvpc,
            NetworkMode.BRIDGE: self._bridge,
            NetworkMode.HOST: self._host,
            NetworkMode.NONE: self._none,
        }[request.mode]
        with translated(ResourceInitializationError):
            wiring = make(request)
        with self._lock:
            self._wirings[request.task_id] = wiring
        return wiring

    def detach(self, task_id: str) -> None:
        """Take a task's network away; nothing for a task that has none."""
        with self._lock:
            self._wirings.pop(task_id, None)
            self._ports.release(task_id)
            keeper = self._keepers.pop(task_id, "")
        if keeper:
            with translated(ContainerRuntimeError):
                self._remove(keeper)

    def _none(self, request: WiringRequest) -> Wiring:
        bare = ContainerWiring(namespace=Namespace.NONE)
        return Wiring(task_id=request.task_id, mode=request.mode, containers=dict.fromkeys(request.containers, bare))

    def _awsvpc(self, request: WiringRequest) -> Wiring:
        if request.eni is None:
            raise ResourceInitializationError("an awsvpc task came without its network interface")
        network, fits = self._network(request.eni.vpc_id, request.eni)
        published = () if self._reachable else self._publish_all(request)
        keeper = self._keeper(
            f"pause-{request.task_id[:12]}", network, request.eni.private_ip if fits else "", published
        )
        with self._lock:
            self._keepers[request.task_id] = keeper
        address = request.eni.private_ip if fits else self._address_of(keeper, network)
        joined = ContainerWiring(namespace=Namespace.JOINED, joins=keeper, address=address)
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=address,
            containers=dict.fromkeys(request.containers, joined),
            endpoints=tuple(self._endpoint(p, p.container_port, address, published) for p in request.ports),
        )

    def _publish_all(self, request: WiringRequest) -> tuple[Publish, ...]:
        with self._lock:
            return tuple(
                Publish(
                    container_port=p.container_port,
                    host_address=ANYWHERE,
                    host_port=self._ports.take_dynamic(
                        ANYWHERE, request.task_id, p.protocol, lambda port: _can_bind(ANYWHERE, port)
                    ),
                    protocol=p.protocol,
                )
                for p in request.ports
            )

    @staticmethod
    def _endpoint(port: PortRequest, shown: int, address: str, published: tuple[Publish, ...]) -> Endpoint:
        reach = next((p for p in published if p.container_port == port.container_port), None)
        return Endpoint(
            container=port.container,
            container_port=port.container_port,
            host_port=shown,
            protocol=port.protocol,
            host=reach.host_address if reach else address,
            port=reach.host_port if reach else port.container_port,
        )

    def _bridge(self, request: WiringRequest) -> Wiring:
        network, _ = self._network(HOST_VPC, None)
        address = self.add_instance(request.instance or "fargate", "")
        published: dict[str, list[Publish]] = {name: [] for name in request.containers}
        endpoints = []
        for port in request.ports:
            taken = self._take(request, port, address)
            published[port.container].append(taken)
            endpoints.append(self._endpoint(port, taken.host_port, address, (taken,)))
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=address,
            containers=self._on_bridge(request, network, published),
            endpoints=tuple(endpoints),
        )

    def _on_bridge(
        self, request: WiringRequest, network: str, published: dict[str, list[Publish]]
    ) -> dict[str, ContainerWiring]:
        """Each container with an address of its own, chosen beforehand where others link to it."""
        own = {linked: self._next_address(network) for _, linked, _ in request.links}
        return {
            name: ContainerWiring(
                network=network,
                address=own.get(name, ""),
                publish=tuple(published[name]),
                hosts=tuple((alias, own[linked]) for source, linked, alias in request.links if source == name),
            )
            for name in request.containers
        }

    def _next_address(self, network: str) -> str:
        """An address counted down from the top of the network, far from those the engine gives by itself."""
        with self._lock:
            if network not in self._subnets:
                found = self._api.inspect_network(network)["IPAM"]["Config"][0]["Subnet"]
                self._subnets[network] = int(ipaddress.ip_network(found).broadcast_address)
            self._subnets[network] -= 1
            return str(ipaddress.ip_address(self._subnets[network]))

    def _take(self, request: WiringRequest, port: PortRequest, address: str) -> Publish:
        with self._lock:
            if port.host_port:
                self._ports.take(request.instance, request.task_id, port.host_port, port.protocol)
                if not _can_bind(address, port.host_port, port.protocol):
                    self._ports.release(request.task_id)
                    raise CannotStartContainerError(
                        f"driver failed programming external connectivity: Bind for {address}:{port.host_port} failed: "
                        "port is already allocated. Another program of this machine has it; use hostPort 0."
                    )
                number = port.host_port
            else:
                number = self._ports.take_dynamic(
                    request.instance, request.task_id, port.protocol, lambda n: _can_bind(address, n, port.protocol)
                )
        return Publish(
            container_port=port.container_port, host_address=address, host_port=number, protocol=port.protocol
        )

    def _host(self, request: WiringRequest) -> Wiring:
        with self._lock:
            for port in request.ports:
                self._ports.take(request.instance, request.task_id, port.container_port, port.protocol)
            keeper, address = self._hosts.get(request.instance) or self._host_namespace(request.instance)
        joined = ContainerWiring(namespace=Namespace.JOINED, joins=keeper, address=address)
        return Wiring(
            task_id=request.task_id,
            mode=request.mode,
            address=address,
            containers=dict.fromkeys(request.containers, joined),
            endpoints=tuple(self._endpoint(p, p.container_port, address, ()) for p in request.ports),
        )

    def _host_namespace(self, instance: str) -> tuple[str, str]:
        """The instance's own namespace: made when a task in host mode first needs it."""
        network, _ = self._network(HOST_VPC, None)
        keeper = self._keeper(f"instance-{instance}", network, "", ())
        self._hosts[instance] = (keeper, self._address_of(keeper, network))
        return self._hosts[instance]

    # what the engine has

    def _keeper(self, name: str, network: str, address: str, published: tuple[Publish, ...]) -> str:
        build.ensure(self._client, IMAGES[KEEPER_IMAGE])
        host = self._api.create_host_config(
            network_mode=network,
            port_bindings={f"{p.container_port}/{p.protocol}": (p.host_address, p.host_port) for p in published}
            or None,
        )
        given = self._api.create_endpoint_config(ipv4_address=address) if address else None
        made = self._api.create_container(
            KEEPER_IMAGE,
            command=["infinity"],
            entrypoint=["sleep"],
            name=f"ecslab-{name}-{self._lab_id}",
            labels={**mine(self._lab_id), LABEL_KEEPER: "1"},
            ports=[(p.container_port, p.protocol) for p in published] or None,
            host_config=host,
            networking_config=self._api.create_networking_config({network: given}) if given else None,
        )["Id"]
        try:
            self._api.start(made)
        except APIError:
            self._remove(made)
            raise
        return str(made)

    def _address_of(self, container_id: str, network: str) -> str:
        found = self._api.inspect_container(container_id)["NetworkSettings"]["Networks"][network]
        return str(found["IPAddress"])

    def _network(self, vpc_id: str, eni: Eni | None) -> tuple[str, bool]:
        """The engine network of a VPC, and whether it has the VPC's own addresses."""
        with self._lock:
            if vpc_id not in self._networks:
                name = f"ecslab-{self._lab_id}-{vpc_id or 'bridge'}"
                self._networks[vpc_id] = (name, self._create_network(name, eni.vpc_cidr if eni else ""))
            return self._networks[vpc_id]

    def _create_network(self, name: str, cidr: str) -> bool:
        if cidr:
            first = str(next(ipaddress.ip_network(cidr).hosts()))
            ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=cidr, gateway=first)])
            try:
                self._api.create_network(name, driver="bridge", ipam=ipam, labels=mine(self._lab_id))
                return True
            except APIError:
                self.pretended.append(
                    f"the addresses {cidr} are in use on this machine: tasks are reached at other addresses than "
                    "their network interfaces show"
                )
        self._create_with_free_subnet(name)
        return False

    def _create_with_free_subnet(self, name: str) -> None:
        """A network on addresses the engine knows to be free, named outright: only then may a container choose one."""
        draft = self._api.create_network(name, driver="bridge", labels=mine(self._lab_id))["Id"]
        chosen = self._api.inspect_network(draft)["IPAM"]["Config"][0]
        self._api.remove_network(draft)
        ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=chosen["Subnet"], gateway=chosen.get("Gateway"))])
        self._api.create_network(name, driver="bridge", ipam=ipam, labels=mine(self._lab_id))


def _can_bind(address: str, port: int, protocol: str = "tcp") -> bool:
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True
