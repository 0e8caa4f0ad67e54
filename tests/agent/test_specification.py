"""From definition to container spec: what a learner writes is what a runtime is asked for."""

from __future__ import annotations

from typing import Any

from ecslab.agent.specification import MIB, bindings, container_name, overridden, specify, wiring_request
from ecslab.model.network import ContainerWiring, Endpoint, Wiring
from ecslab.model.status import NetworkMode
from ecslab.runtimes.base import ContainerSpec, Mount
from tests.agent.lab import assignment, container


def spec_of(*, overrides: dict[str, Any] | None = None, **wire: Any) -> ContainerSpec:
    given = assignment(overrides=overrides, **wire)
    return specify(given, overridden(given)[0], "i-0abc", ContainerWiring())


def test_memory_is_the_containers_else_the_tasks_in_bytes() -> None:
    own = spec_of(containerDefinitions=[container(memory=64, memoryReservation=32)], memory="512")
    shared = spec_of(containerDefinitions=[container(memory=None)], memory="512")
    assert (own.memory, own.memory_reservation) == (64 * MIB, 32 * MIB)
    assert shared.memory == 512 * MIB


def test_container_cpu_is_a_share_and_task_cpu_a_limit() -> None:
    loose = spec_of(containerDefinitions=[container(cpu=0)])
    tight = spec_of(containerDefinitions=[container(cpu=128)], cpu=".5 vCPU")
    assert (loose.cpu_shares, loose.cpu_limit) == (2, 0.0)
    assert (tight.cpu_shares, tight.cpu_limit) == (128, 0.5)


def test_the_definitions_environment_wins_over_the_injected_and_overrides_win_over_both() -> None:
    web = container(environment=[{"name": "AWS_REGION", "value": "eu-west-1"}, {"name": "A", "value": "1"}])
    override = {"name": "web", "command": ["exit", "3"], "environment": [{"name": "A", "value": "2"}]}
    spec = spec_of(containerDefinitions=[web], overrides={"containerOverrides": [override]})
    assert spec.environment["AWS_REGION"] == "eu-west-1"
    assert spec.environment["AWS_DEFAULT_REGION"] == "us-east-1"
    assert spec.environment["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2"
    assert spec.environment["A"] == "2"
    assert spec.command == ("exit", "3")


def test_a_container_is_named_alike_each_time_and_unlike_its_siblings() -> None:
    one, two = assignment(1, containerDefinitions=[container()]), assignment(2, containerDefinitions=[container()])
    assert container_name(one, "web") == container_name(one, "web")
    assert container_name(one, "web").startswith("ecs-f-1-web-")
    assert container_name(one, "web") != container_name(two, "web")


def test_scratch_volumes_are_the_tasks_own_and_host_paths_the_machines() -> None:
    points = [
        {"sourceVolume": "scratch", "containerPath": "/data"},
        {"sourceVolume": "shared", "containerPath": "/etc/app", "readOnly": True},
    ]
    volumes = [{"name": "scratch"}, {"name": "shared", "host": {"sourcePath": "/srv/app"}}]
    spec = spec_of(containerDefinitions=[container(mountPoints=points)], volumes=volumes)
    assert spec.mounts == (
        Mount(source=f"ecslab-{1:032x}-scratch", target="/data"),
        Mount(source="/srv/app", target="/etc/app", read_only=True),
    )


def test_bridge_asks_for_dynamic_ports_and_host_mode_for_the_containers_own() -> None:
    web = container(portMappings=[{"containerPort": 80}, {"containerPort": 90, "hostPort": 8090}])
    bridge = wiring_request(assignment(containerDefinitions=[web]), "i-0abc")
    host = wiring_request(assignment(containerDefinitions=[web], networkMode="host"), "i-0abc")
    assert [p.host_port for p in bridge.ports] == [0, 8090]
    assert [p.host_port for p in host.ports] == [80, 90]


def test_a_link_without_an_alias_is_its_own_alias() -> None:
    web = container(links=["db", "cache:store"])
    request = wiring_request(assignment(containerDefinitions=[web, container("db"), container("cache")]), "")
    assert request.links == (("web", "db", "db"), ("web", "cache", "store"))


def test_bindings_are_shown_on_every_address_and_never_in_awsvpc() -> None:
    seen = Endpoint(container="web", container_port=80, host_port=32768, protocol="tcp", host="127.0.0.2", port=32768)
    bridge = Wiring(task_id="1", mode=NetworkMode.BRIDGE, endpoints=(seen,))
    awsvpc = Wiring(task_id="1", mode=NetworkMode.AWSVPC, endpoints=(seen,))
    assert [(b.bind_ip, b.host_port) for b in bindings(bridge, "web")] == [("0.0.0.0", 32768)]
    assert bindings(bridge, "db") == ()
    assert bindings(awsvpc, "web") == ()
