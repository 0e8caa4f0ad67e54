"""One bench for every runtime: what a test asks is the same, how long it may take is not."""

from __future__ import annotations

import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecslab.model.network import Endpoint, Eni, PortRequest, WiringRequest
from ecslab.model.status import NetworkMode
from ecslab.networks.base import Fabric
from ecslab.networks.loopback import LoopbackFabric
from ecslab.networks.modelled import ModelledFabric
from ecslab.runtimes.base import Answers, ContainerSpec, Observed, Phase, Runtime, Streams
from ecslab.runtimes.process import ProcessRuntime
from ecslab.runtimes.simulated import SimulatedRuntime
from ecslab.timeline import VirtualTimeline, real_monotonic, real_sleep

RUNTIMES = ("simulated", "process", pytest.param("docker", marks=pytest.mark.docker))
TOOL = "ecslab/tool:1"
WEB = "ecslab/web:1"


class Bench:
    """A runtime with its fabric, and patience."""

    def __init__(self, runtime: Runtime, fabric: Fabric, *, clock: VirtualTimeline | None, patience: float) -> None:
        self.runtime, self.fabric = runtime, fabric
        self.clock, self.patience = clock, patience
        self.changed: list[str] = []
        runtime.on_change = self.changed.append
        self._made = 0

    def until(self, done: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait for something, in the runtime's own time."""
        limit = seconds if seconds is not None else self.patience
        if self.clock is not None:
            return self.clock.until(done, limit)
        deadline = real_monotonic() + limit
        while not done():
            if real_monotonic() > deadline:
                return False
            real_sleep(0.02)
        return True

    def spec(self, image: str, *command: str, **fields: object) -> ContainerSpec:
        """A spec with a name of its own."""
        self._made += 1
        name = f"ecslab-test-{self._made}-{uuid.uuid4().hex[:8]}"
        return ContainerSpec(**{"name": name, "image": image, "command": command or None, **fields})  # type: ignore[arg-type]

    def pull(self, image: str) -> None:
        """Have the image here."""
        assert self.until(lambda: self.runtime.pull(image, {})), f"{image} was not pulled"

    def run(self, image: str, *command: str, **fields: object) -> str:
        """A started container's id."""
        self.pull(image)
        container_id = self.runtime.create(self.spec(image, *command, **fields))
        self.runtime.start(container_id)
        return container_id

    def phase(self, container_id: str) -> Phase:
        """What it is doing."""
        return self.runtime.inspect(container_id).phase

    def ended(self, container_id: str) -> Observed:
        """The container once it has exited."""
        assert self.until(lambda: self.phase(container_id) is Phase.EXITED), "the container has not ended"
        return self.runtime.inspect(container_id)

    def lines(self, container_id: str) -> list[str]:
        """All output of a container that ends by itself."""
        assert isinstance(self.runtime, Streams)
        found: list[str] = []
        ends: list[bool] = []
        self.runtime.follow(container_id, found.append, lambda: ends.append(True))
        assert self.until(lambda: bool(ends)), f"the output has not ended: {found}"
        assert ends == [True]
        return found

    def speaks(self, container_id: str, text: str) -> None:
        """Wait until the container has written something."""
        assert isinstance(self.runtime, Streams)
        found: list[str] = []
        self.runtime.follow(container_id, found.append, lambda: None)
        assert self.until(lambda: any(text in line for line in found)), f"'{text}' was not written, but {found}"

    def get(self, container_id: str, endpoint: Endpoint, path: str = "/") -> str:
        """What the container answers at an endpoint."""
        if isinstance(self.runtime, Answers):
            assert self.until(lambda: self.phase(container_id) is Phase.RUNNING)
            return self.runtime.answer(container_id, endpoint.container_port, path)[1]
        answers: list[str] = []

        def ask() -> bool:
            try:
                with urllib.request.urlopen(f"http://{endpoint.host}:{endpoint.port}{path}", timeout=5) as answer:
                    answers.append(answer.read().decode())
            except OSError:
                return False
            return True

        assert self.until(ask), f"nobody answers at {endpoint.host}:{endpoint.port}"
        return answers[0]


def wiring_request(mode: NetworkMode, *, host_port: int = 0, task: str = "", **fields: object) -> WiringRequest:
    """A task of two containers, of which ``web`` maps port 80."""
    given = {
        "task_id": task or uuid.uuid4().hex,
        "mode": mode,
        "containers": ("web", "side"),
        "ports": (PortRequest(container="web", container_port=80, host_port=host_port),),
        "instance": "" if mode is NetworkMode.AWSVPC else "i-0123456789abcdef0",
        "eni": eni() if mode is NetworkMode.AWSVPC else None,
        **fields,
    }
    return WiringRequest(**given)  # type: ignore[arg-type]


def eni() -> Eni:
    """A network interface with an address nobody else is likely to have."""
    number = uuid.uuid4().int
    return Eni(
        eni_id=f"eni-{number % 2**68:017x}",
        attachment_id=uuid.uuid4().hex,
        private_ip=f"172.31.{number % 15}.{number // 16 % 200 + 20}",
        mac_address=f"02:42:{number % 256:02x}:{number // 256 % 256:02x}:00:01",
        subnet_id="subnet-1",
        vpc_id="vpc-1",
        vpc_cidr="172.31.0.0/16",
        subnet_cidr="172.31.0.0/20",
    )


@pytest.fixture(params=RUNTIMES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """The bench of each runtime in turn; what it held is gone afterwards."""
    made = make_bench(request.param, tmp_path)
    made.runtime.open()
    made.fabric.open()
    yield made
    for wiring in made.fabric.wirings():
        made.fabric.detach(wiring.task_id)
    made.runtime.close()
    made.fabric.close()


def make_bench(name: str, home: Path) -> Bench:
    """A bench that is not opened yet."""
    lab_id = f"test-{uuid.uuid4().hex[:8]}"
    if name == "simulated":
        clock = VirtualTimeline()
        runtime, fabric = SimulatedRuntime(clock), ModelledFabric()
        runtime.reach = fabric.reach
        return Bench(runtime, fabric, clock=clock, patience=120.0)
    if name == "process":
        return Bench(ProcessRuntime(lab_id, home), LoopbackFabric(lab_id, home), clock=None, patience=30.0)
    from ecslab.networks.docker import DockerFabric
    from ecslab.runtimes.docker import DockerRuntime

    return Bench(DockerRuntime(lab_id, home), DockerFabric(lab_id), clock=None, patience=120.0)
