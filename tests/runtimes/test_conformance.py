"""What every runtime and its fabric must do, asked of each in the same words."""

from __future__ import annotations

import pytest

from ecslab.errors import CannotPullContainerError, CannotStartContainerError, TaskError
from ecslab.model.network import Namespace
from ecslab.model.status import NetworkMode
from ecslab.runtimes.base import FEATURES, Execs, Held, Measures, Phase
from tests.runtimes.conftest import TOOL, WEB, Bench, wiring_request

MIB = 1024 * 1024


# Images


def test_a_lab_image_can_be_pulled(bench: Bench) -> None:
    bench.pull(WEB)
    assert bench.runtime.pull(WEB, {}) is True


def test_an_image_of_the_lab_that_is_not_there_cannot_be_pulled(bench: Bench) -> None:
    with pytest.raises(CannotPullContainerError, match=r"^CannotPullContainerError: .*ecslab/nothing:9"):
        bench.until(lambda: bench.runtime.pull("ecslab/nothing:9", {}))


# A life


def test_a_program_ends_with_its_own_exit_code(bench: Bench) -> None:
    container = bench.run(TOOL, "exit", "3")
    seen = bench.ended(container)
    assert (seen.exit_code, seen.out_of_memory) == (3, False)


def test_a_container_is_created_then_runs_then_has_exited_then_is_gone(bench: Bench) -> None:
    bench.pull(TOOL)
    container = bench.runtime.create(bench.spec(TOOL, "sleep", "1"))
    assert bench.phase(container) is Phase.CREATED
    bench.runtime.start(container)
    assert bench.until(lambda: bench.phase(container) is Phase.RUNNING)
    assert bench.runtime.inspect(container).exit_code is None
    assert bench.ended(container).exit_code == 0
    bench.runtime.remove(container)
    assert bench.phase(container) is Phase.GONE


def test_creating_twice_makes_one_container(bench: Bench) -> None:
    bench.pull(TOOL)
    spec = bench.spec(TOOL, "sleep", "100")
    assert bench.runtime.create(spec) == bench.runtime.create(spec)
    assert len(bench.runtime.held()) == 1


def test_starting_stopping_and_removing_twice_does_no_harm(bench: Bench) -> None:
    container = bench.run(TOOL, "sleep", "100")
    bench.runtime.start(container)
    for _ in range(2):
        bench.runtime.stop(container, force=True)
    bench.ended(container)
    bench.runtime.stop(container)
    for _ in range(2):
        bench.runtime.remove(container)
    bench.runtime.stop(container, force=True)
    assert bench.phase(container) is Phase.GONE


def test_an_unknown_container_is_gone_and_not_an_error(bench: Bench) -> None:
    assert bench.phase("0" * 64) is Phase.GONE
    bench.runtime.stop("0" * 64)
    bench.runtime.remove("0" * 64)


def test_a_server_finishes_with_0_when_it_is_asked_to_stop(bench: Bench) -> None:
    container = bench.run(WEB)
    bench.speaks(container, "listening")
    bench.runtime.stop(container)
    assert bench.ended(container).exit_code == 0


def test_a_sleeper_dies_of_sigterm_with_143(bench: Bench) -> None:
    container = bench.run(TOOL, "log", "1", "then", "sleep", "300")
    bench.speaks(container, "line 1")
    bench.runtime.stop(container)
    assert bench.ended(container).exit_code == 143


def test_only_sigkill_ends_a_stubborn_container_and_that_is_137(bench: Bench) -> None:
    container = bench.run(TOOL, "stubborn")
    bench.speaks(container, "ignoring")
    bench.runtime.stop(container)
    assert not bench.until(lambda: bench.phase(container) is Phase.EXITED, 1.0)
    bench.runtime.stop(container, force=True)
    seen = bench.ended(container)
    assert (seen.exit_code, seen.out_of_memory) == (137, False)


def test_passing_the_memory_limit_is_137_and_out_of_memory(bench: Bench) -> None:
    container = bench.run(TOOL, "hog", "400", memory=64 * MIB)
    seen = bench.ended(container)
    assert (seen.exit_code, seen.out_of_memory) == (137, True)


def test_staying_below_the_memory_limit_is_no_reason_to_die(bench: Bench) -> None:
    container = bench.run(TOOL, "hog", "16", memory=128 * MIB)
    bench.speaks(container, "holding")
    assert not bench.until(lambda: bench.phase(container) is not Phase.RUNNING, 1.0)


def test_the_end_of_a_container_is_told(bench: Bench) -> None:
    container = bench.run(TOOL, "exit", "0", "--after", "1")
    assert bench.until(lambda: container in bench.changed and bench.phase(container) is Phase.EXITED)


def test_removing_a_running_container_ends_it_and_its_output(bench: Bench) -> None:
    container = bench.run(TOOL, "log", "1", "then", "sleep", "300")
    bench.speaks(container, "line 1")
    bench.runtime.remove(container)
    assert bench.phase(container) is Phase.GONE
    assert bench.runtime.held() == ()


# What goes in, what comes out


def test_a_follower_gets_every_line_in_order_and_then_the_end(bench: Bench) -> None:
    container = bench.run(TOOL, "log", "50")
    assert bench.lines(container) == [f"line {number}" for number in range(1, 51)]


def test_a_late_follower_gets_every_line_too(bench: Bench) -> None:
    container = bench.run(TOOL, "log", "3")
    bench.ended(container)
    assert bench.lines(container) == ["line 1", "line 2", "line 3"]


def test_environment_and_command_reach_the_program(bench: Bench) -> None:
    container = bench.run(WEB, "serve", "--port", "8123", environment={"VERSION": "of-the-task"})
    bench.speaks(container, "listening on port 8123, version of-the-task")


def test_without_a_command_the_image_has_its_own(bench: Bench) -> None:
    bench.speaks(bench.run("ecslab/web:2"), "listening on port 80, version 2")


def test_an_entry_point_of_ones_own_drops_the_command_of_the_image(bench: Bench) -> None:
    container = bench.run(WEB, entry_point=("app", "exit", "9"))
    assert bench.ended(container).exit_code == 9


def test_a_command_that_is_not_understood_fails_and_says_so(bench: Bench) -> None:
    container = bench.run(TOOL, "frobnicate")
    assert bench.ended(container).exit_code == 2
    assert "try: app help" in bench.lines(container)[0]


def test_containers_are_found_by_their_labels(bench: Bench) -> None:
    bench.run(TOOL, "sleep", "100", labels={"com.amazonaws.ecs.task-arn": "arn:1", "mine": "yes"})
    held = bench.runtime.held()
    assert len(held) == 1
    assert isinstance(held[0], Held)
    assert held[0].labels["com.amazonaws.ecs.task-arn"] == "arn:1"
    assert held[0].labels["mine"] == "yes"


def test_commands_run_inside_and_give_their_exit_code(bench: Bench) -> None:
    assert isinstance(bench.runtime, Execs)
    container = bench.run(WEB)
    bench.speaks(container, "listening")
    assert bench.runtime.execute(container, ("app", "exit", "5"), 20)[0] == 5
    code, output = bench.runtime.execute(container, ("app", "health"), 20)
    assert (code, output.strip()) == (0, "healthy")


def test_a_container_that_serves_nothing_is_not_healthy(bench: Bench) -> None:
    assert isinstance(bench.runtime, Execs)
    container = bench.run(TOOL, "log", "1", "then", "sleep", "300")
    bench.speaks(container, "line 1")
    assert bench.runtime.execute(container, ("app", "health"), 20)[0] == 1


def test_nothing_runs_inside_a_container_that_has_ended(bench: Bench) -> None:
    assert isinstance(bench.runtime, Execs)
    container = bench.run(TOOL, "exit", "0")
    bench.ended(container)
    assert bench.runtime.execute(container, ("app", "help"), 20)[0] != 0


def test_use_is_measured(bench: Bench) -> None:
    assert isinstance(bench.runtime, Measures)
    container = bench.run(TOOL, "burn", "1", "then", "hog", "30")
    bench.speaks(container, "holding")
    usage = bench.runtime.measure(container)
    assert 0.1 <= usage.cpu_seconds <= 10
    assert 30 * MIB <= usage.memory <= 120 * MIB


# Networks


def test_two_containers_of_an_awsvpc_task_share_localhost(bench: Bench) -> None:
    wiring = bench.fabric.attach(wiring_request(NetworkMode.AWSVPC))
    web = bench.run(WEB, wiring=wiring.containers["web"])
    bench.speaks(web, "listening")
    side = bench.run(TOOL, "fetch", "http://127.0.0.1/", "--retries", "5", wiring=wiring.containers["side"])
    assert bench.ended(side).exit_code == 0
    assert bench.lines(side)[-1].startswith("200")


def test_two_awsvpc_tasks_have_the_same_port_and_do_not_collide(bench: Bench) -> None:
    wirings = [bench.fabric.attach(wiring_request(NetworkMode.AWSVPC)) for _ in range(2)]
    assert {w.endpoints[0].container_port for w in wirings} == {80}
    assert len({(w.endpoints[0].host, w.endpoints[0].port) for w in wirings}) == 2
    for number, wiring in enumerate(wirings):
        environment = {"VERSION": f"v{number}"}
        web = bench.run(WEB, environment=environment, wiring=wiring.containers["web"])
        assert f"version v{number}," in bench.get(web, wiring.endpoints[0])


def test_two_bridge_tasks_of_one_instance_get_different_dynamic_ports(bench: Bench) -> None:
    wirings = [bench.fabric.attach(wiring_request(NetworkMode.BRIDGE)) for _ in range(2)]
    ports = [w.endpoints[0].host_port for w in wirings]
    assert len(set(ports)) == 2
    assert all(32768 <= port <= 60999 for port in ports)
    for number, wiring in enumerate(wirings):
        environment = {"VERSION": f"v{number}"}
        web = bench.run(WEB, environment=environment, wiring=wiring.containers["web"])
        assert f"version v{number}," in bench.get(web, wiring.endpoints[0])


def test_a_linked_container_is_found_by_its_alias(bench: Bench) -> None:
    links = (("side", "web", "shop"),)
    wiring = bench.fabric.attach(wiring_request(NetworkMode.BRIDGE, links=links))
    web = bench.run(WEB, wiring=wiring.containers["web"])
    bench.speaks(web, "listening")
    side = bench.run(TOOL, "fetch", "http://shop/", "--retries", "5", wiring=wiring.containers["side"])
    assert bench.ended(side).exit_code == 0


def test_a_fixed_host_port_can_be_had_once_per_instance_and_again_when_it_is_free(bench: Bench) -> None:
    first = wiring_request(NetworkMode.BRIDGE, host_port=28080)
    bench.fabric.attach(first)
    with pytest.raises(CannotStartContainerError, match="port is already allocated"):
        attach_and_start(bench, wiring_request(NetworkMode.BRIDGE, host_port=28080))
    bench.fabric.detach(first.task_id)
    assert bench.fabric.attach(wiring_request(NetworkMode.BRIDGE, host_port=28080)).endpoints[0].host_port == 28080


def attach_and_start(bench: Bench, request: object) -> None:
    """A taken port may be found when the network is made or when the container starts."""
    wiring = bench.fabric.attach(request)  # type: ignore[arg-type]
    bench.run(WEB, wiring=wiring.containers["web"])


def test_a_refused_attach_leaves_nothing_behind(bench: Bench) -> None:
    kept = bench.fabric.attach(wiring_request(NetworkMode.BRIDGE, host_port=28081))
    with pytest.raises(TaskError):
        bench.fabric.attach(wiring_request(NetworkMode.BRIDGE, host_port=28081))
    assert [w.task_id for w in bench.fabric.wirings()] == [kept.task_id]


def test_two_instances_have_the_same_fixed_port_each(bench: Bench) -> None:
    found = []
    for number in range(2):
        bench.fabric.add_instance(f"i-{number}", f"172.31.9.{number + 10}")
        request = wiring_request(NetworkMode.BRIDGE, host_port=28082, instance=f"i-{number}")
        found.append(bench.fabric.attach(request).endpoints[0])
    assert [endpoint.host_port for endpoint in found] == [28082, 28082]
    assert len({(endpoint.host, endpoint.port) for endpoint in found}) == 2


def test_host_mode_uses_the_port_of_the_container_on_the_instance(bench: Bench) -> None:
    ports = wiring_request(NetworkMode.HOST).ports
    wiring = bench.fabric.attach(wiring_request(NetworkMode.HOST, ports=ports))
    assert wiring.endpoints[0].host_port == 80
    web = bench.run(WEB, wiring=wiring.containers["web"])
    assert "version 1" in bench.get(web, wiring.endpoints[0])


def test_without_a_network_nothing_is_published(bench: Bench) -> None:
    wiring = bench.fabric.attach(wiring_request(NetworkMode.NONE, ports=()))
    assert wiring.endpoints == ()
    assert {c.namespace for c in wiring.containers.values()} == {Namespace.NONE}
    container = bench.run(TOOL, "exit", "0", wiring=wiring.containers["side"])
    assert bench.ended(container).exit_code == 0


def test_attaching_and_detaching_twice_is_the_same_as_once(bench: Bench) -> None:
    request = wiring_request(NetworkMode.BRIDGE)
    assert bench.fabric.attach(request) == bench.fabric.attach(request)
    bench.fabric.detach(request.task_id)
    bench.fabric.detach(request.task_id)
    assert bench.fabric.wirings() == ()


# As a whole


def test_every_feature_is_either_enforced_or_said_to_be_pretended(bench: Bench) -> None:
    found = bench.runtime.probe()
    assert found.available
    assert found.name == bench.runtime.name
    pretended = {p.what for p in found.pretended}
    assert found.enforced <= set(FEATURES)
    assert set(FEATURES) <= found.enforced | pretended
    assert found.enforced & pretended == set()


def test_closing_leaves_nothing(bench: Bench) -> None:
    wiring = bench.fabric.attach(wiring_request(NetworkMode.BRIDGE))
    bench.speaks(bench.run(WEB, wiring=wiring.containers["web"]), "listening")
    bench.speaks(bench.run(TOOL, "stubborn"), "ignoring")
    bench.runtime.close()
    bench.fabric.close()
    assert bench.runtime.held() == ()
    assert bench.fabric.wirings() == ()
