"""The loopback fabric: real sockets on addresses of this machine."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ecslab.errors import CannotStartContainerError
from ecslab.model.status import NetworkMode
from ecslab.networks.addresses import ONLY, Addresses, Claimed
from ecslab.networks.forwarder import Forwarder
from ecslab.networks.loopback import LoopbackFabric
from ecslab.timeline import real_monotonic, real_sleep
from tests.runtimes.conftest import eni, wiring_request


@pytest.fixture
def fabric(tmp_path: Path) -> Iterator[LoopbackFabric]:
    made = LoopbackFabric("lab", tmp_path)
    made.open()
    yield made
    made.close()


@pytest.fixture
def forwarder() -> Iterator[Forwarder]:
    made = Forwarder()
    yield made
    made.close()


class Echo:
    """A server that sends back what it gets, and then ends."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.place: tuple[str, int] = self.server.getsockname()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(65536):
                connection.sendall(data)

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(timeout=5)


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


def free_place() -> tuple[str, int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        name: tuple[str, int] = probe.getsockname()
        return name


def round_trip(place: tuple[str, int], data: bytes) -> bytes:
    """Send everything while reading everything."""
    with socket.create_connection(place, timeout=20) as client:

        def send() -> None:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        received = bytearray()
        while chunk := client.recv(65536):
            received += chunk
        sender.join(timeout=5)
        return bytes(received)


def test_a_tasks_address_follows_its_interface(fabric: LoopbackFabric) -> None:
    interface = replace(eni(), private_ip="172.31.77.78")
    wiring = fabric.attach(wiring_request(NetworkMode.AWSVPC, eni=interface))
    assert wiring.address == "127.31.77.78"
    assert {c.address for c in wiring.containers.values()} == {wiring.address}


def test_two_labs_never_have_the_same_address(fabric: LoopbackFabric, tmp_path: Path) -> None:
    other = LoopbackFabric("lab", tmp_path)
    try:
        interface = eni()
        wirings = [f.attach(wiring_request(NetworkMode.AWSVPC, eni=interface)) for f in (fabric, other)]
        assert len({w.address for w in wirings}) == 2
        assert fabric.add_instance("i-1", "172.31.0.4") != other.add_instance("i-1", "172.31.0.4")
    finally:
        other.close()


def test_an_address_on_which_somebody_listens_is_passed_over(fabric: LoopbackFabric) -> None:
    interface = replace(eni(), private_ip="172.31.88.89")
    with socket.create_server(("127.31.88.89", 18080)):
        port = replace(wiring_request(NetworkMode.AWSVPC).ports[0], container_port=18080)
        wiring = fabric.attach(wiring_request(NetworkMode.AWSVPC, eni=interface, ports=(port,)))
        assert wiring.address != "127.31.88.89"


def test_a_detached_task_gives_its_address_back(fabric: LoopbackFabric) -> None:
    interface = eni()
    first = wiring_request(NetworkMode.AWSVPC, eni=interface)
    address = fabric.attach(first).address
    fabric.detach(first.task_id)
    assert fabric.attach(wiring_request(NetworkMode.AWSVPC, eni=interface)).address == address


def test_a_fixed_port_of_another_program_is_refused(fabric: LoopbackFabric) -> None:
    address = fabric.add_instance("i-1", "172.31.0.4")
    with (
        socket.create_server((address, 28090)),
        pytest.raises(CannotStartContainerError, match=r"port is already allocated \(another program"),
    ):
        fabric.attach(wiring_request(NetworkMode.BRIDGE, host_port=28090, instance="i-1"))
    assert fabric.attach(wiring_request(NetworkMode.BRIDGE, host_port=28090, instance="i-1"))


def test_a_dynamic_port_of_another_program_is_passed_over(fabric: LoopbackFabric) -> None:
    address = fabric.add_instance("i-1", "172.31.0.4")
    with socket.create_server((address, 32768)):
        wiring = fabric.attach(wiring_request(NetworkMode.BRIDGE, instance="i-1"))
    assert wiring.endpoints[0].host_port == 32769


def test_what_listens_in_a_bridge_container_is_reached_at_the_published_port(fabric: LoopbackFabric) -> None:
    wiring = fabric.attach(wiring_request(NetworkMode.BRIDGE))
    container, endpoint = wiring.containers["web"], wiring.endpoints[0]
    with (
        socket.create_server((container.address, 80 + container.port_shift)) as server,
        socket.create_connection((endpoint.host, endpoint.port), timeout=10) as client,
    ):
        inside, _ = server.accept()
        with inside:
            client.sendall(b"question")
            assert inside.recv(100) == b"question"
            inside.sendall(b"answer")
            assert client.recv(100) == b"answer"


def test_closing_leaves_no_socket_and_no_thread(tmp_path: Path) -> None:
    threads = threading.active_count()
    descriptors = psutil.Process().num_fds()
    fabric = LoopbackFabric("lab", tmp_path)
    fabric.add_instance("i-1", "172.31.0.4")
    for mode in (NetworkMode.AWSVPC, NetworkMode.BRIDGE, NetworkMode.HOST):
        fabric.attach(wiring_request(mode))
    assert psutil.Process().num_fds() > descriptors
    fabric.close()
    assert threading.active_count() == threads
    assert psutil.Process().num_fds() == descriptors


def test_a_forwarder_carries_megabytes_unchanged_both_ways(forwarder: Forwarder, echo: Echo) -> None:
    place = free_place()
    forwarder.listen(place, echo.place)
    data = hashlib.sha256(b"seed").digest() * 200_000
    assert hashlib.sha256(round_trip(place, data)).digest() == hashlib.sha256(data).digest()


def test_a_forwarder_carries_many_connections_at_once(forwarder: Forwarder, echo: Echo) -> None:
    place = free_place()
    forwarder.listen(place, echo.place)
    answers: dict[int, bytes] = {}

    def ask(number: int) -> None:
        answers[number] = round_trip(place, str(number).encode() * 1000)

    threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert answers == {n: str(n).encode() * 1000 for n in range(30)}


def test_a_connection_to_a_container_that_does_not_listen_is_ended_and_the_next_one_works(
    forwarder: Forwarder, echo: Echo
) -> None:
    dead, alive = free_place(), free_place()
    forwarder.listen(dead, free_place())
    forwarder.listen(alive, echo.place)
    with socket.create_connection(dead, timeout=10) as client:
        try:
            assert client.recv(1) == b""
        except ConnectionResetError:
            pass
    assert round_trip(alive, b"still here") == b"still here"


def test_a_forgotten_place_listens_no_more_and_cuts_its_connections(forwarder: Forwarder, echo: Echo) -> None:
    place = free_place()
    forwarder.listen(place, echo.place)
    with socket.create_connection(place, timeout=10) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        forwarder.forget(place)
        try:
            assert client.recv(1) == b""
        except ConnectionResetError:
            pass
    with pytest.raises(OSError):  # noqa: PT011
        socket.create_connection(place, timeout=2)


def test_a_client_that_does_not_read_slows_the_container_down(forwarder: Forwarder) -> None:
    place = free_place()
    with socket.create_server(("127.0.0.1", 0)) as server:
        forwarder.listen(place, server.getsockname())
        with socket.create_connection(place, timeout=10):
            inside, _ = server.accept()
            with inside:
                assert sent_until_it_blocks(inside) < 64 * 1024 * 1024


def sent_until_it_blocks(connection: socket.socket) -> int:
    connection.setblocking(False)
    sent, deadline = 0, real_monotonic() + 1.0
    while real_monotonic() < deadline and sent < 64 * 1024 * 1024:
        try:
            sent += connection.send(b"x" * 65536)
        except BlockingIOError:
            real_sleep(0.01)
    return sent


def test_with_one_loopback_address_every_task_gets_ports_of_its_own() -> None:
    addresses = Addresses("lab")
    addresses.many = False
    claims = [addresses.for_eni("172.31.0.9", (80, 8080)) for _ in range(20)]
    addresses.close()
    assert {c.address for c in claims} == {ONLY}
    ports = [c.port(p) for c in claims for p in (80, 8080)]
    assert len(set(ports)) == len(ports)


def test_ports_are_moved_only_where_they_must_be() -> None:
    many, only = Claimed(address="127.31.0.9", shift=8000), Claimed(address=ONLY, shift=12000)
    assert (many.port(80), many.port(8080)) == (8080, 8080)
    assert (only.port(80), only.port(8080)) == (12080, 20080)
