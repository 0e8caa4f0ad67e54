"""The modelled fabric: decisions without sockets."""

from __future__ import annotations

import pytest

from ecslab.errors import CannotStartContainerError
from ecslab.model.network import Wiring
from ecslab.model.status import NetworkMode
from ecslab.networks.modelled import ModelledFabric
from ecslab.timeline import real_monotonic
from tests.runtimes.conftest import eni, wiring_request


def test_an_awsvpc_task_has_the_address_of_its_interface() -> None:
    interface = eni()
    wiring = ModelledFabric().attach(wiring_request(NetworkMode.AWSVPC, eni=interface))
    assert wiring.address == interface.private_ip
    assert (wiring.endpoints[0].host, wiring.endpoints[0].port) == (interface.private_ip, 80)


def test_a_bridge_task_is_reached_at_its_instance() -> None:
    fabric = ModelledFabric()
    fabric.add_instance("i-1", "172.31.4.4")
    wiring = fabric.attach(wiring_request(NetworkMode.BRIDGE, instance="i-1"))
    assert (wiring.endpoints[0].host, wiring.endpoints[0].port) == ("172.31.4.4", 32768)
    assert wiring.containers["web"].publish[0].host_port == 32768


def test_the_containers_of_a_bridge_task_do_not_share_an_address() -> None:
    wiring = ModelledFabric().attach(wiring_request(NetworkMode.BRIDGE))
    assert wiring.containers["web"].address != wiring.containers["side"].address


def test_host_mode_takes_the_port_of_the_instance() -> None:
    fabric = ModelledFabric()
    fabric.attach(wiring_request(NetworkMode.HOST))
    with pytest.raises(CannotStartContainerError, match="already allocated"):
        fabric.attach(wiring_request(NetworkMode.HOST))


def test_the_ports_of_an_instance_that_is_gone_are_forgotten() -> None:
    fabric = ModelledFabric()
    fabric.attach(wiring_request(NetworkMode.HOST, task="old", instance="i-1"))
    fabric.remove_instance("i-1")
    fabric.attach(wiring_request(NetworkMode.HOST, task="new", instance="i-1"))
    fabric.detach("old")
    with pytest.raises(CannotStartContainerError):
        fabric.attach(wiring_request(NetworkMode.HOST, instance="i-1"))


def test_the_same_requests_give_the_same_wirings() -> None:
    def wire() -> list[Wiring]:
        fabric = ModelledFabric()
        fabric.add_instance("i-1", "172.31.4.4")
        return [fabric.attach(wiring_request(NetworkMode.BRIDGE, task=f"t{n}", instance="i-1")) for n in range(20)]

    assert wire() == wire()


def test_ten_thousand_tasks_are_wired_in_seconds() -> None:
    fabric = ModelledFabric()
    started = real_monotonic()
    for number in range(10_000):
        fabric.attach(wiring_request(NetworkMode.BRIDGE, task=f"t{number}"))
    for number in range(10_000):
        fabric.detach(f"t{number}")
    assert real_monotonic() - started < 10
    assert fabric.wirings() == ()
