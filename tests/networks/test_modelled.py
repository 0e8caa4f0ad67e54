"""The modelled fabric: decisions without sockets."""

from __future__ import annotations

import pytest

from ecslab.errors import CannotStartContainerError
from ecslab.model.network import Reached, Wiring
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
    assert real_monotonic() - started < 60
    assert fabric.wirings() == ()


# Who reaches whom


def awsvpc(fabric: ModelledFabric) -> Wiring:
    return fabric.attach(wiring_request(NetworkMode.AWSVPC))


def space(wiring: Wiring, container: str = "web") -> str:
    return wiring.containers[container].joins


def test_the_containers_of_an_awsvpc_task_share_localhost_and_two_tasks_do_not() -> None:
    fabric = ModelledFabric()
    one, two = awsvpc(fabric), awsvpc(fabric)
    assert space(one) == space(one, "side") != space(two)
    for host in ("localhost", "127.0.0.1", one.address):
        assert fabric.reach(space(one), host, 8080) == Reached(namespace=space(one), port=8080)


def test_an_awsvpc_task_reaches_another_at_its_interface() -> None:
    fabric = ModelledFabric()
    one, two = awsvpc(fabric), awsvpc(fabric)
    assert fabric.reach(space(one), two.address, 80) == Reached(namespace=space(two), port=80)


def test_in_bridge_mode_localhost_is_the_container_alone() -> None:
    fabric = ModelledFabric()
    task = fabric.attach(wiring_request(NetworkMode.BRIDGE))
    assert space(task) != space(task, "side")
    assert fabric.reach(space(task, "side"), "localhost", 80).namespace == space(task, "side")


def test_a_link_is_a_name_for_the_linked_container_and_for_nobody_else() -> None:
    fabric = ModelledFabric()
    task = fabric.attach(wiring_request(NetworkMode.BRIDGE, links=(("side", "web", "shop"),)))
    assert fabric.reach(space(task, "side"), "shop", 80).namespace == space(task)
    with pytest.raises(OSError, match="Name or service not known"):
        fabric.reach(space(task), "shop", 80)


def test_a_published_port_leads_from_the_instances_address_to_the_container() -> None:
    fabric = ModelledFabric()
    fabric.add_instance("i-1", "172.31.4.4")
    task = fabric.attach(wiring_request(NetworkMode.BRIDGE, instance="i-1"))
    port = task.endpoints[0].host_port
    for client in (awsvpc(fabric), task):
        assert fabric.reach(space(client), "172.31.4.4", port) == Reached(namespace=space(task), port=80)
    assert fabric.reach(space(task, "side"), "172.17.0.1", port).namespace == space(task)
    assert fabric.at("172.31.4.4", port) == Reached(namespace=space(task), port=80)


def test_a_bridge_address_is_known_on_its_own_instance_only() -> None:
    fabric = ModelledFabric()
    task = fabric.attach(wiring_request(NetworkMode.BRIDGE, instance="i-1"))
    address = task.containers["web"].address
    neighbour = fabric.attach(wiring_request(NetworkMode.HOST, instance="i-1"))
    assert fabric.reach(space(neighbour), address, 80).namespace == space(task)
    elsewhere = fabric.attach(wiring_request(NetworkMode.BRIDGE, instance="i-2"))
    with pytest.raises(OSError, match="No route to host"):
        fabric.reach(space(elsewhere), address, 80)
    with pytest.raises(TimeoutError):
        fabric.reach(space(awsvpc(fabric)), address, 80)
    assert fabric.at(address, 80) is None


def test_host_mode_tasks_of_an_instance_share_its_localhost() -> None:
    fabric = ModelledFabric()
    fabric.add_instance("i-1", "172.31.4.4")
    one = fabric.attach(wiring_request(NetworkMode.HOST, instance="i-1"))
    two = fabric.attach(wiring_request(NetworkMode.HOST, instance="i-1", ports=()))
    far = fabric.attach(wiring_request(NetworkMode.HOST, instance="i-2"))
    published = fabric.attach(wiring_request(NetworkMode.BRIDGE, instance="i-1"))
    assert fabric.reach(space(two), "localhost", 80).namespace == space(one) != space(far)
    assert fabric.reach(space(far), "172.31.4.4", 80).namespace == space(one)
    assert fabric.reach(space(two), "localhost", published.endpoints[0].host_port).namespace == space(published)


def test_without_a_network_there_is_localhost_and_nothing_else() -> None:
    fabric = ModelledFabric()
    other = awsvpc(fabric)
    task = fabric.attach(wiring_request(NetworkMode.NONE))
    assert fabric.reach(space(task), "localhost", 80).namespace == space(task) != space(task, "side")
    with pytest.raises(OSError, match="Network is unreachable"):
        fabric.reach(space(task), other.address, 80)
    with pytest.raises(OSError, match="name resolution"):
        fabric.reach(space(task), "shop", 80)


def test_nothing_leads_to_a_task_that_is_gone_and_its_neighbours_stay() -> None:
    fabric = ModelledFabric()
    fabric.add_instance("i-1", "172.31.4.4")
    kept = fabric.attach(wiring_request(NetworkMode.HOST, instance="i-1", ports=()))
    tasks = [awsvpc(fabric), fabric.attach(wiring_request(NetworkMode.BRIDGE, instance="i-1"))]
    tasks.append(fabric.attach(wiring_request(NetworkMode.HOST, instance="i-1")))
    for task in tasks:
        fabric.detach(task.task_id)
    with pytest.raises(TimeoutError):
        fabric.reach(space(kept), tasks[0].address, 80)
    assert fabric.reach(space(kept), "localhost", tasks[1].endpoints[0].host_port).namespace == space(kept)
    fabric.remove_instance("i-1")
    assert fabric.at("172.31.4.4", 80) is None
