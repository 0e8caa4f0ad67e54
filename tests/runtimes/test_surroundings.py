"""What simulated containers say of each other: fetch, as page and as command."""

from __future__ import annotations

import pytest

from ecslab.model.network import ContainerWiring, Wiring
from ecslab.model.status import NetworkMode
from ecslab.networks.modelled import ModelledFabric
from ecslab.runtimes.base import ContainerSpec, Phase
from ecslab.runtimes.simulated import SimulatedRuntime
from ecslab.timeline import VirtualTimeline
from tests.runtimes.conftest import wiring_request

WEB, TOOL = "ecslab/web:1", "ecslab/tool:1"


class Net:
    """A simulated runtime on a modelled network."""

    def __init__(self) -> None:
        self.clock = VirtualTimeline()
        self.runtime, self.fabric = SimulatedRuntime(self.clock), ModelledFabric()
        self.runtime.reach = self.fabric.reach
        self.made = 0

    def task(self, mode: NetworkMode = NetworkMode.AWSVPC, **fields: object) -> Wiring:
        return self.fabric.attach(wiring_request(mode, **fields))

    def start(self, image: str, wiring: ContainerWiring, *command: str, **environment: str) -> str:
        self.made += 1
        spec = ContainerSpec(
            name=f"c{self.made}", image=image, wiring=wiring, command=command or None, environment=environment
        )
        container = self.runtime.create(spec)
        self.runtime.start(container)
        return container

    def run(self, image: str, wiring: ContainerWiring, *command: str, **environment: str) -> str:
        container = self.start(image, wiring, *command, **environment)
        self.clock.advance(1)
        return container

    def lines(self, container: str) -> list[str]:
        found: list[str] = []
        self.runtime.follow(container, found.append, lambda: None)
        return found

    def fetch(self, container: str, url: str) -> tuple[int, str]:
        return self.runtime.answer(container, 80, f"/fetch?url={url}")


@pytest.fixture
def net() -> Net:
    return Net()


def test_fetch_answers_what_the_other_task_says(net: Net) -> None:
    one, two = net.task(), net.task()
    web = net.run(WEB, one.containers["web"])
    other = net.run(WEB, two.containers["web"], VERSION="7")
    status, body = net.fetch(web, f"http://{two.address}/")
    assert status == 200
    assert body.startswith("200\nHello from web version 7")
    assert 'GET /" 200' in net.lines(other)[-1]


def test_the_status_of_the_other_is_in_the_first_line(net: Net) -> None:
    one, two = net.task(), net.task()
    web = net.run(WEB, one.containers["web"])
    net.run(WEB, two.containers["web"])
    assert net.fetch(web, f"http://{two.address}/nothing")[1].startswith("404\nnothing here")


def test_nobody_listening_is_refused_and_no_such_address_times_out(net: Net) -> None:
    one, two = net.task(), net.task()
    web = net.run(WEB, one.containers["web"])
    net.run(WEB, two.containers["web"])
    for url in (f"http://{two.address}:8080/", "http://localhost:8080/"):
        assert net.fetch(web, url) == (502, "could not fetch: [Errno 111] Connection refused\n")
    assert net.fetch(web, "http://172.31.99.99/") == (502, "could not fetch: timed out\n")
    assert "Name or service not known" in net.fetch(web, "http://shop/")[1]
    assert net.fetch(web, "file:///etc/passwd")[0] == 502


def test_only_a_running_container_answers(net: Net) -> None:
    one, two = net.task(), net.task()
    web = net.run(WEB, one.containers["web"])
    other = net.start(WEB, two.containers["web"])
    url = f"http://{two.address}/"
    assert "refused" in net.fetch(web, url)[1]
    net.clock.advance(1)
    assert net.fetch(web, url)[0] == 200
    net.runtime.stop(other, force=True)
    net.clock.advance(0)
    assert net.runtime.inspect(other).phase is Phase.EXITED
    assert "refused" in net.fetch(web, url)[1]


def test_containers_of_a_task_share_localhost_in_awsvpc_and_not_in_bridge_mode(net: Net) -> None:
    for mode, status in ((NetworkMode.AWSVPC, 200), (NetworkMode.BRIDGE, 502)):
        task = net.task(mode)
        net.run(WEB, task.containers["side"], "serve", "--port", "8080")
        web = net.run(WEB, task.containers["web"])
        assert net.fetch(web, "http://localhost:8080/")[0] == status
        assert net.fetch(web, "http://localhost/")[0] == 200


def test_the_command_ends_with_what_it_fetched(net: Net) -> None:
    task = net.task()
    net.run(WEB, task.containers["web"])
    tool = net.run(TOOL, task.containers["side"], "fetch", "http://localhost/health")
    assert (net.runtime.inspect(tool).exit_code, net.lines(tool)) == (0, ["200 healthy"])
    lost = net.run(TOOL, task.containers["side"], "fetch", "http://localhost/nothing")
    assert net.runtime.inspect(lost).exit_code == 1


def test_the_command_tries_again_until_somebody_listens(net: Net) -> None:
    task = net.task()
    tool = net.run(TOOL, task.containers["side"], "fetch", "http://localhost/", "--retries", "5", "then", "exit", "3")
    assert net.lines(tool) == ["could not fetch http://localhost/: [Errno 111] Connection refused"]
    net.run(WEB, task.containers["web"])
    net.clock.advance(2)
    assert net.runtime.inspect(tool).exit_code == 3
    assert net.lines(tool)[-2].startswith("200 Hello")


def test_the_command_gives_up_after_its_tries_and_what_follows_does_not_run(net: Net) -> None:
    task = net.task()
    tool = net.run(TOOL, task.containers["side"], "fetch", "http://localhost/", "--retries", "2", "then", "exit", "3")
    net.clock.advance(5)
    assert net.runtime.inspect(tool).exit_code == 1
    assert len(net.lines(tool)) == 3


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("app fetch http://localhost/ && exit 3", 3),
        ("app fetch http://localhost:1/ && exit 3", 1),
        ("app fetch http://localhost:1/ || exit 4", 4),
        ("app fetch http://localhost:1/ ; exit 5", 5),
        ("app fetch http://localhost/ || exit 6", 0),
    ],
)
def test_a_script_goes_on_as_the_fetch_ended(net: Net, script: str, code: int) -> None:
    task = net.task()
    net.run(WEB, task.containers["web"])
    spec = ContainerSpec(
        name="script", image=TOOL, wiring=task.containers["side"], entry_point=("sh", "-c"), command=(script,)
    )
    tool = net.runtime.create(spec)
    net.runtime.start(tool)
    net.clock.advance(2)
    assert net.runtime.inspect(tool).exit_code == code, net.lines(tool)


def test_a_server_may_follow_a_fetch(net: Net) -> None:
    task = net.task()
    net.run(WEB, task.containers["web"])
    late = net.run(WEB, task.containers["side"], "fetch", "http://localhost/", "then", "serve", "--port", "8080")
    assert net.runtime.answer(late, 8080, "/health") == (200, "healthy\n")


def test_a_command_inside_fetches_from_inside(net: Net) -> None:
    task = net.task()
    web = net.run(WEB, task.containers["web"])
    assert net.runtime.execute(web, ("app", "fetch", "http://localhost/health"), 5) == (0, "200 healthy")
    assert net.runtime.execute(web, ("app", "fetch", "http://localhost:1/"), 5)[0] == 1
