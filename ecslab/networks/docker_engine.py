"""Which engine networks a lab has: one for each VPC, with the VPC's own addresses where they are free here.

Containers in bridge mode are on the engine's own network, as on ECS (it starts them faster, too); those with
``links`` are on one of the lab's, where a container's address can be chosen before it starts, and so is everybody
where the engine has no network of its own, or one that this machine no longer reaches. Invariant: a network is made
once, when the first task needs it, and ``close`` removes it.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from ecslab.engine import mine, quietly, remove_containers
from ecslab.model.labels import LABEL_LAB
from ecslab.model.network import Eni

BRIDGE = "bridge"
"""The engine's own network, and the end of the name of the lab's own one."""
ROUTES = Path("/proc/net/route")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineNetwork:
    """``fits``: it has the VPC's addresses, so a container can have the address of its network interface."""

    name: str
    subnet: str
    fits: bool = False


class EngineNetworks:
    """The networks of one lab. ``local``: the engine's network is this machine's, whose routes must not be hidden."""

    def __init__(self, api: Any, lab_id: str) -> None:
        self.local = True
        self.misfits: list[str] = []
        """Address ranges of VPCs that could not be had here."""
        self._api = api
        self._lab_id = lab_id
        self._lock = threading.Lock()
        self._made: dict[str, EngineNetwork] = {}
        self._last: dict[str, int] = {}
        self._has_bridge: bool | None = None

    def vpc(self, eni: Eni) -> EngineNetwork:
        """The network of an interface's VPC. APIError of the engine."""
        with self._lock:
            if eni.vpc_id not in self._made:
                self._made[eni.vpc_id] = self._make(f"ecslab-{self._lab_id}-{eni.vpc_id}", eni.vpc_cidr)
            return self._made[eni.vpc_id]

    def own(self) -> EngineNetwork:
        """The lab's own network, whose addresses can be chosen. APIError of the engine."""
        with self._lock:
            if BRIDGE not in self._made:
                self._made[BRIDGE] = self._make(f"ecslab-{self._lab_id}-{BRIDGE}", "")
            return self._made[BRIDGE]

    def plain(self) -> str:
        """The network of bridge and host mode: the engine's own, or the lab's where it has none. APIError."""
        if self._has_bridge is None:
            self._has_bridge = self._look_for_bridge()
        return BRIDGE if self._has_bridge else self.own().name

    def _look_for_bridge(self) -> bool:
        try:
            known = self._api.inspect_network(BRIDGE)
        except NotFound:
            return False  # the engine runs with --bridge=none
        subnets = [one["Subnet"] for one in (known.get("IPAM") or {}).get("Config") or () if ":" not in one["Subnet"]]
        return not self.local or all(map(leads_to, subnets))

    def next_address(self, network: EngineNetwork) -> str:
        """An address counted down from the top of the network, far from those the engine gives by itself."""
        with self._lock:
            subnet = ipaddress.ip_network(network.subnet)
            last = self._last.get(network.name, int(subnet.broadcast_address)) - 1
            if last <= int(subnet.network_address) + subnet.num_addresses // 2:
                last = int(subnet.broadcast_address) - 1
            self._last[network.name] = last
            return str(ipaddress.ip_address(last))

    def sweep(self, condemned: Callable[[Mapping[str, str]], bool]) -> None:
        """Remove the networks with condemned labels, and what is still on them."""
        for network in self._api.networks(filters={"label": LABEL_LAB}):
            if condemned(network.get("Labels") or {}):
                self._remove(str(network["Id"]))

    def close(self) -> None:
        """Remove every network of this lab."""
        self.sweep(lambda labels: labels.get(LABEL_LAB) == self._lab_id)
        with self._lock:
            self._made.clear()
            self._last.clear()

    def _remove(self, network_id: str) -> None:
        def remove() -> None:
            remove_containers(self._api, self._api.inspect_network(network_id).get("Containers") or ())
            self._api.remove_network(network_id)

        quietly(remove)

    def _make(self, name: str, cidr: str) -> EngineNetwork:
        if cidr and not (self.local and routed(cidr)):
            try:
                self._create(name, cidr)
                return EngineNetwork(name=name, subnet=cidr, fits=True)
            except APIError:
                pass  # another network of the engine has them
        if cidr:
            self.misfits.append(cidr)
        return EngineNetwork(name=name, subnet=self._create_anywhere(name))

    def _create_anywhere(self, name: str) -> str:
        """Addresses the engine knows to be free, named outright: only then may a container's address be chosen."""
        draft = self._api.create_network(name, driver="bridge", labels=mine(self._lab_id))["Id"]
        subnet = str(self._api.inspect_network(draft)["IPAM"]["Config"][0]["Subnet"])
        self._api.remove_network(draft)
        self._create(name, subnet)
        return subnet

    def _create(self, name: str, subnet: str) -> None:
        gateway = str(next(ipaddress.ip_network(subnet).hosts()))  # the first address is the router's, as in a VPC
        ipam = {"Driver": "default", "Config": [{"Subnet": subnet, "Gateway": gateway}]}
        self._api.create_network(name, driver="bridge", ipam=ipam, labels=mine(self._lab_id))


def leads_to(cidr: str) -> bool:
    """Whether what this machine sends to an engine's network goes there: not where its interface or address has been
    taken away behind the engine's back (by another engine, a VPN, a network manager)."""
    network = ipaddress.ip_network(cidr)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((str(network.broadcast_address - 1), 9))  # sends nothing
        except OSError:
            return False
        return ipaddress.ip_address(asking.getsockname()[0]) in network


def routed(cidr: str, table: Path = ROUTES) -> bool:
    """Whether this machine reaches some of these addresses already (a VPN, an EC2 instance's own VPC). Linux only."""
    wanted = ipaddress.ip_network(cidr)
    try:
        rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
    except OSError:
        return False
    found = (
        ipaddress.ip_network(f"{_address(row[1])}/{_address(row[7])}", strict=False) for row in rows if len(row) > 7
    )
    return any(network.prefixlen > 0 and network.overlaps(wanted) for network in found)


def _address(hexadecimal: str) -> str:
    return str(ipaddress.ip_address(int.from_bytes(bytes.fromhex(hexadecimal), "little")))
