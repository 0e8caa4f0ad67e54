"""The doorway on a real engine: 169.254.170.2 inside a task is the lab server of this test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import docker
import pytest

from ecslab.images import build
from ecslab.images.catalogue import IMAGES
from ecslab.model.labels import LABEL_LAB
from ecslab.model.network import ContainerWiring, Doors, Namespace, WiringRequest
from ecslab.model.status import NetworkMode
from ecslab.networks.docker import DockerFabric
from ecslab.timeline import real_monotonic, real_sleep
from tests.images.test_sdk import OBJECT, aws_server
from tests.networks.test_docker import eni

pytestmark = pytest.mark.docker


class Says(BaseHTTPRequestHandler):
    """Answers with the server's name and the path."""

    def do_GET(self) -> None:
        body = f"{self.server.word} {self.path}".encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def server(word: str) -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Says)
    made.word = word  # type: ignore[attr-defined]
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()


@pytest.fixture
def client() -> Iterator[Any]:
    connected = docker.from_env(timeout=120)
    yield connected
    connected.close()


@pytest.fixture
def lab(client: Any) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    assert eventually(lambda: left(client, name) == [])


@pytest.fixture
def doors() -> Iterator[Doors]:
    with server("agent") as agent, server("aws") as aws:
        yield Doors(agent=agent, aws=aws)


@pytest.fixture
def fabric(lab: str, doors: Doors) -> Iterator[DockerFabric]:
    made = DockerFabric(lab, doors)
    made.open()
    yield made
    made.close()


def left(client: Any, lab: str) -> list[str]:
    found = client.containers.list(all=True, filters={"label": f"{LABEL_LAB}={lab}"}, ignore_removed=True)
    return [container.name for container in found]


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = real_monotonic() + 20
    while not holds():
        if real_monotonic() > deadline:
            return False
        real_sleep(0.1)
    return True


def request(mode: NetworkMode, **fields: Any) -> WiringRequest:
    return WiringRequest(**{"task_id": uuid.uuid4().hex, "mode": mode, "containers": ("web",)} | fields)


@contextmanager
def running(client: Any, wiring: ContainerWiring, *command: str) -> Iterator[Any]:
    """A container wired so."""
    build.ensure(client, IMAGES["ecslab/web:1"])
    joined = {Namespace.JOINED: f"container:{wiring.joins}", Namespace.NONE: "none"}
    container = client.containers.run(
        "ecslab/web:1", command or ["serve"], detach=True, network_mode=joined.get(wiring.namespace, wiring.network)
    )
    try:
        yield container
    finally:
        container.remove(force=True, v=True)


def heard(container: Any, url: str) -> str:
    code, output = container.exec_run(["app", "fetch", url])
    return str(output.decode().strip() if code == 0 else "")


def both(container: Any, wiring: ContainerWiring) -> list[str]:
    return [heard(container, f"{wiring.agent}/v4/x"), heard(container, f"{wiring.aws}/y")]


ANSWERS = ["200 agent /v4/x", "200 aws /y"]


def test_a_task_with_an_interface_reaches_the_agent_and_keeps_its_port_80(fabric: DockerFabric, client: Any) -> None:
    wiring = fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7"))).containers["web"]
    assert (wiring.agent, wiring.aws) == ("http://169.254.170.2", "http://169.254.170.2:4510")
    with running(client, wiring) as web:
        assert both(web, wiring) == ANSWERS
        assert eventually(lambda: heard(web, "http://127.0.0.1/health") == "200 healthy")
    assert fabric.pretended == ()


def test_two_tasks_at_once_each_have_their_doorway(fabric: DockerFabric, client: Any) -> None:
    one, two = (fabric.attach(request(NetworkMode.AWSVPC, eni=eni(f"10.93.4.{n}"))).containers["web"] for n in (7, 8))
    with running(client, one) as first, running(client, two) as second:
        assert both(first, one) == both(second, two) == ANSWERS


def test_a_namespace_kept_ready_has_its_doorway_already(fabric: DockerFabric, client: Any, lab: str) -> None:
    fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7")))
    assert eventually(lambda: len(left(client, lab)) == 4)  # the doorway, the task's, two spares
    real_sleep(0.5)
    wiring = fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.8"))).containers["web"]
    with running(client, wiring) as web:
        assert both(web, wiring) == ANSWERS


def test_a_container_in_bridge_mode_has_its_doorway_once_it_has_entered(fabric: DockerFabric, client: Any) -> None:
    task = request(NetworkMode.BRIDGE, instance="i-1")
    wiring = fabric.attach(task).containers["web"]
    with running(client, wiring) as web:
        fabric.entered(task.task_id, "web", web.id)
        assert both(web, wiring) == ANSWERS
        fabric.detach(task.task_id)
        assert eventually(lambda: heard(web, f"{wiring.agent}/v4/x") != ANSWERS[0])


def test_tasks_in_host_mode_share_the_doorway_of_their_instance(fabric: DockerFabric, client: Any) -> None:
    one, two = (fabric.attach(request(NetworkMode.HOST, instance="i-1")).containers["web"] for _ in range(2))
    with running(client, one, "sleep", "60") as first, running(client, two, "sleep", "60") as second:
        assert both(first, one) == both(second, two) == ANSWERS


def test_a_task_without_a_network_has_no_doorway(fabric: DockerFabric, client: Any, lab: str) -> None:
    wiring = fabric.attach(request(NetworkMode.NONE)).containers["web"]
    assert (wiring.agent, wiring.aws) == ("", "")
    assert left(client, lab) == []
    with running(client, wiring) as web:
        assert heard(web, "http://169.254.170.2/") == ""


def test_a_container_that_has_ended_is_no_reason_to_fail(fabric: DockerFabric, client: Any) -> None:
    task = request(NetworkMode.BRIDGE, instance="i-1")
    fabric.attach(task)
    fabric.entered(task.task_id, "web", "0" * 64)
    assert fabric.attach(request(NetworkMode.BRIDGE, instance="i-1")).containers["web"].agent


def test_without_anything_to_reach_there_is_no_doorway(client: Any, lab: str) -> None:
    fabric = DockerFabric(lab)
    fabric.open()
    try:
        assert fabric.attach(request(NetworkMode.BRIDGE, instance="i-1")).containers["web"].agent == ""
        assert left(client, lab) == []
    finally:
        fabric.close()


def test_where_the_lab_server_cannot_be_reached_it_is_said_and_nothing_is_promised(client: Any, lab: str) -> None:
    with server("agent") as gone:
        pass
    fabric = DockerFabric(lab, Doors(agent=gone))
    fabric.open()
    try:
        assert fabric.attach(request(NetworkMode.BRIDGE, instance="i-1")).containers["web"].agent == ""
        assert "cannot be reached" in fabric.pretended[0]
    finally:
        fabric.close()


OWNER = """
import json, sys, time
from ecslab.model.network import Doors, WiringRequest
from ecslab.model.status import NetworkMode
from ecslab.networks.docker import DockerFabric
fabric = DockerFabric(sys.argv[1], Doors(agent=sys.argv[2]))
fabric.open()
task = WiringRequest(task_id="t", mode=NetworkMode.BRIDGE, containers=("web",), instance="i-1")
print(fabric.attach(task).containers["web"].agent, flush=True)
time.sleep(60)
"""


def test_a_doorway_dies_with_its_lab_server(client: Any, lab: str, doors: Doors) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, lab, doors.agent], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().strip() == "http://169.254.170.2"
        assert len(left(client, lab)) == 1
        os.kill(owner.pid, signal.SIGKILL)
    assert eventually(lambda: left(client, lab) == [])


def test_boto3_in_a_task_finds_the_agent_and_aws_by_their_addresses_alone(lab: str, client: Any) -> None:
    build.ensure(client, IMAGES["ecslab/sdk:1"])
    with aws_server() as aws:
        fabric = DockerFabric(lab, Doors(agent=aws, aws=aws))
        fabric.open()
        try:
            wiring = fabric.attach(request(NetworkMode.AWSVPC, eni=eni("10.93.4.7"))).containers["web"]
            told = client.containers.run(
                "ecslab/sdk:1",
                ["aws", "s3", "get_object", "Bucket=menu", "Key=7"],
                network_mode=f"container:{wiring.joins}",
                environment={
                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/task",
                    "AWS_ENDPOINT_URL": wiring.aws,
                },
                remove=True,
            )
            assert json.loads(told)["Body"] == OBJECT
        finally:
            fabric.close()
