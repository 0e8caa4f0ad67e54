"""The docker fabric on a real engine: addresses, namespaces and ports are what the API will say they are."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from ecslab.errors import CannotStartContainerError, ResourceInitializationError
from ecslab.model.labels import LABEL_KEEPER, LABEL_LAB, LABEL_OWNER
from ecslab.model.network import Eni, PortRequest, WiringRequest
from ecslab.model.status import NetworkMode
from ecslab.networks.docker import DockerFabric, free
from ecslab.networks.docker_engine import leads_to, routed
from ecslab.timeline import real_monotonic, real_sleep

CIDR = "10.93.0.0/16"
"""Not the range of any VPC of a lab, so that labs running here do not have it."""


@pytest.fixture
def client() -> Iterator[Any]:
    connected = docker.from_env(timeout=120)
    yield connected
    connected.close()


@pytest.fixture
def lab() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def fabric(lab: str) -> Iterator[DockerFabric]:
    made = DockerFabric(lab)
    made.open()
    yield made
    made.close()


def eni(address: str, cidr: str = CIDR) -> Eni:
    number = uuid.uuid4().hex
    return Eni(
        eni_id=f"eni-{number[:17]}",
        attachment_id=number,
        private_ip=address,
        mac_address="02:42:0a:5d:00:05",
        subnet_id="subnet-1",
        vpc_id=f"vpc-{cidr.partition('/')[0]}",
        vpc_cidr=cidr,
    )


def request(mode: NetworkMode, **fields: Any) -> WiringRequest:
    ports = (PortRequest(container="web", container_port=80, host_port=fields.pop("host_port", 0)),)
    given = {"task_id": uuid.uuid4().hex, "mode": mode, "containers": ("web", "side"), "ports": ports} | fields
    return WiringRequest(**given)


def keepers(client: Any, lab: str) -> list[Any]:
    found: list[Any] = client.containers.list(
        all=True, filters={"label": [f"{LABEL_LAB}={lab}", LABEL_KEEPER]}, ignore_removed=True
    )
    return found


def addresses(client: Any, container_id: str) -> set[str]:
    networks = client.api.inspect_container(container_id)["NetworkSettings"]["Networks"].values()
    return {network["IPAddress"] for network in networks if network["IPAddress"]}


@pytest.mark.docker
def test_an_awsvpc_task_really_has_the_address_of_its_interface(fabric: DockerFabric, client: Any) -> None:
    wiring = fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7")))
    assert wiring.address == "10.93.4.7"
    assert {c.joins for c in wiring.containers.values()} == {wiring.containers["web"].joins}
    assert addresses(client, wiring.containers["web"].joins) == {"10.93.4.7"}
    assert (wiring.endpoints[0].host, wiring.endpoints[0].port) == ("10.93.4.7", 80)
    assert fabric.pretended == ()


@pytest.mark.docker
def test_a_namespace_that_was_kept_ready_has_the_address_too(fabric: DockerFabric, client: Any, lab: str) -> None:
    fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7")))
    deadline = real_monotonic() + 60
    while len(keepers(client, lab)) < 3 and real_monotonic() < deadline:
        real_sleep(0.1)
    ready = {k.id for k in keepers(client, lab)}
    assert len(ready) == 3
    real_sleep(0.5)  # the last one may still be starting
    wiring = fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.8")))
    assert wiring.containers["web"].joins in ready
    assert addresses(client, wiring.containers["web"].joins) == {"10.93.4.8"}


@pytest.mark.docker
def test_where_the_addresses_of_a_vpc_are_taken_the_fabric_says_so(fabric: DockerFabric, lab: str) -> None:
    other = DockerFabric(f"{lab}-2")
    other.open()
    try:
        fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7")))
        wiring = other.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7")))
        assert not wiring.address.startswith("10.93.")
        assert wiring.endpoints[0].host == wiring.address
        assert CIDR in other.pretended[0]
    finally:
        other.close()


@pytest.mark.docker
def test_an_address_that_is_taken_stops_the_task_and_leaves_nothing(
    fabric: DockerFabric, client: Any, lab: str
) -> None:
    first = request(NetworkMode.AWSVPC, eni=eni("10.93.4.7"))
    fabric.attach(first)
    with pytest.raises(ResourceInitializationError, match="Address already in use"):
        fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7")))
    assert [w.task_id for w in fabric.wirings()] == [first.task_id]
    fabric.detach(first.task_id)
    assert fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7"))).address == "10.93.4.7"


@pytest.mark.docker
def test_detaching_takes_the_namespace_away(fabric: DockerFabric, client: Any) -> None:
    task = request(NetworkMode.AWSVPC, eni=eni("10.93.4.7"))
    keeper = fabric.attach(task).containers["web"].joins
    fabric.detach(task.task_id)
    with pytest.raises(docker.errors.NotFound):
        client.containers.get(keeper)


@pytest.mark.docker
def test_closing_removes_every_network_and_pause_container(fabric: DockerFabric, client: Any, lab: str) -> None:
    fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7")))
    fabric.attach(request(NetworkMode.BRIDGE, instance="i-1", links=(("side", "web", "shop"),)))
    fabric.attach(request(NetworkMode.HOST, instance="i-1"))
    assert len(client.networks.list(filters={"label": f"{LABEL_LAB}={lab}"})) == 2
    fabric.close()
    assert client.networks.list(filters={"label": f"{LABEL_LAB}={lab}"}) == []
    assert keepers(client, lab) == []


@pytest.mark.docker
def test_bridge_mode_is_on_a_network_of_the_lab_where_the_engine_has_none_that_is_reached(
    fabric: DockerFabric, lab: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the interface has lost its address: what this machine sends there goes elsewhere."""
    monkeypatch.setattr("ecslab.networks.docker_engine.leads_to", lambda cidr: False)
    wiring = fabric.attach(request(NetworkMode.BRIDGE, instance="i-1"))
    assert wiring.containers["web"].network == f"ecslab-{lab}-bridge"


def test_a_network_that_is_reached_is_told_from_one_that_is_not() -> None:
    assert leads_to("127.0.0.0/8")
    assert not leads_to("198.51.100.0/24")


@pytest.mark.docker
def test_all_tasks_in_host_mode_share_the_namespace_of_their_instance(fabric: DockerFabric, client: Any) -> None:
    one = fabric.attach(request(NetworkMode.HOST, instance="i-1"))
    two = fabric.attach(
        request(NetworkMode.HOST, instance="i-1", ports=(PortRequest(container="web", container_port=81),))
    )
    other = fabric.attach(request(NetworkMode.HOST, instance="i-2"))
    assert one.containers["web"].joins == two.containers["web"].joins != other.containers["web"].joins
    assert addresses(client, one.containers["web"].joins) == {one.address}
    assert one.address != other.address


@pytest.mark.docker
def test_a_port_in_host_mode_can_be_had_once_per_instance(fabric: DockerFabric) -> None:
    fabric.attach(request(NetworkMode.HOST, instance="i-1"))
    with pytest.raises(CannotStartContainerError, match="port is already allocated"):
        fabric.attach(request(NetworkMode.HOST, instance="i-1"))


@pytest.mark.docker
def test_two_labs_have_the_same_fixed_port_each(fabric: DockerFabric, lab: str) -> None:
    other = DockerFabric(f"{lab}-2")
    other.open()
    try:
        both = [f.attach(request(NetworkMode.BRIDGE, instance="i-1", host_port=28085)) for f in (fabric, other)]
        assert both[0].address != both[1].address
        assert {w.endpoints[0].host_port for w in both} == {28085}
    finally:
        other.close()


@pytest.mark.docker
def test_the_address_of_an_instance_that_is_gone_is_not_given_to_two(fabric: DockerFabric) -> None:
    fabric.add_instance("i-1", "172.31.0.10")
    two = fabric.add_instance("i-2", "172.31.0.11")
    fabric.remove_instance("i-1")
    assert fabric.add_instance("i-3", "172.31.0.12") != two


@pytest.mark.docker
def test_the_networks_of_a_dead_lab_are_swept_and_those_of_a_living_one_stay(client: Any, lab: str) -> None:
    dead = client.networks.create(f"ecslab-{lab}-dead", labels={LABEL_LAB: f"{lab}-dead", LABEL_OWNER: "4194304:1.00"})
    living = DockerFabric(f"{lab}-living")
    living.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7")))
    fabric = DockerFabric(lab)
    try:
        fabric.open()
        with pytest.raises(docker.errors.NotFound):
            client.networks.get(dead.id)
        assert len(client.networks.list(filters={"label": f"{LABEL_LAB}={lab}-living"})) == 1
    finally:
        fabric.close()
        living.close()


def test_addresses_this_machine_reaches_already_are_not_taken(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t00101FAC\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0\n",
        encoding="ascii",
    )
    assert routed("172.31.0.0/16", table)
    assert not routed("172.30.0.0/16", table)
    assert not routed("172.31.0.0/16", tmp_path / "none")


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not free("127.0.0.1", port)
        assert free("127.0.0.1", port, "udp")
    assert free("127.0.0.1", port)
