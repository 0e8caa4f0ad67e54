"""The docker runtime beyond what all runtimes share: limits, leftovers, pulls, and an engine that is not there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from ecslab import engine
from ecslab.engine import owner, owner_lives
from ecslab.errors import CannotCreateContainerError, CannotPullContainerError, ContainerRuntimeError
from ecslab.model.labels import LABEL_KEEPER, LABEL_LAB, LABEL_OWNER
from ecslab.model.network import ContainerWiring, Namespace, Publish
from ecslab.runtimes.base import ContainerSpec, Mount, Phase
from ecslab.runtimes.docker import DockerRuntime, probe
from ecslab.runtimes.docker.configuration import body
from ecslab.runtimes.docker.output import lines
from ecslab.runtimes.docker.probing import described, unavailable
from ecslab.runtimes.docker.pulls import explained
from ecslab.timeline import real_monotonic, real_sleep

TOOL = "ecslab/tool:1"
MIB = 1024 * 1024


@pytest.fixture
def client() -> Iterator[Any]:
    connected = docker.from_env(timeout=120)
    yield connected
    connected.close()


@pytest.fixture
def lab() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def runtime(lab: str, tmp_path: Path) -> Iterator[DockerRuntime]:
    made = DockerRuntime(lab, tmp_path)
    made.open()
    until(lambda: made.pull(TOOL, {}))
    yield made
    made.close()


def until(done: Callable[[], bool]) -> None:
    deadline = real_monotonic() + 60
    while not done():
        assert real_monotonic() < deadline, "it did not happen in time"
        real_sleep(0.02)


def spec(*command: str, **fields: Any) -> ContainerSpec:
    name = f"ecslab-test-{uuid.uuid4().hex[:8]}"
    return ContainerSpec(**{"name": name, "image": TOOL, "command": command or ("sleep", "300")} | fields)


def run(runtime: DockerRuntime, *command: str, **fields: Any) -> str:
    container = runtime.create(spec(*command, **fields))
    runtime.start(container)
    return container


# What the engine is told


@pytest.mark.docker
def test_the_engine_holds_the_limits_of_a_container(runtime: DockerRuntime, client: Any) -> None:
    container = run(
        runtime,
        cpu_shares=512,
        cpu_limit=0.5,
        memory=64 * MIB,
        memory_reservation=32 * MIB,
        user="1000",
        working_directory="/tmp",
        read_only=True,
        init=True,
        ulimits=(("nofile", 100, 200),),
    )
    told = client.api.inspect_container(container)
    host = told["HostConfig"]
    assert (host["CpuShares"], host["NanoCpus"]) == (512, 500_000_000)
    assert (host["Memory"], host["MemorySwap"], host["MemoryReservation"]) == (64 * MIB, 64 * MIB, 32 * MIB)
    assert (host["ReadonlyRootfs"], host["Init"], host["Privileged"]) == (True, True, False)
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 100, "Hard": 200}]
    assert (told["Config"]["User"], told["Config"]["WorkingDir"]) == ("1000", "/tmp")


@pytest.mark.docker
def test_a_task_may_ask_for_more_cpus_than_this_machine_has(runtime: DockerRuntime) -> None:
    assert runtime.inspect(run(runtime, cpu_limit=1024.0)).phase is Phase.RUNNING


@pytest.mark.docker
def test_what_the_engine_refuses_is_a_reason_of_the_container(runtime: DockerRuntime) -> None:
    with pytest.raises(CannotCreateContainerError, match=r"^CannotCreateContainerError: .*memory"):
        runtime.create(spec(memory=1024))


def test_two_published_addresses_of_one_port_are_both_told() -> None:
    publish = tuple(Publish(container_port=80, host_address=a, host_port=8080) for a in ("127.1.0.1", "127.1.0.2"))
    told = body(spec(wiring=ContainerWiring(publish=publish)), {}, 0)
    assert [b["HostIp"] for b in told["HostConfig"]["PortBindings"]["80/tcp"]] == ["127.1.0.1", "127.1.0.2"]


def test_a_container_that_joins_brings_no_names_of_its_own() -> None:
    wiring = ContainerWiring(namespace=Namespace.JOINED, joins="abc", hosts=(("shop", "10.0.0.1"),))
    host = body(spec(wiring=wiring), {}, 0)["HostConfig"]
    assert (host["NetworkMode"], host["ExtraHosts"]) == ("container:abc", [])


# A life


@pytest.mark.docker
def test_a_child_that_runs_out_of_memory_does_not_change_the_exit_code(runtime: DockerRuntime) -> None:
    command = ("sh", "-c", "app hog 300; exit 7")
    container = run(runtime, entry_point=command, command=None, memory=48 * MIB)
    until(lambda: runtime.inspect(container).phase is Phase.EXITED)
    seen = runtime.inspect(container)
    assert (seen.exit_code, seen.out_of_memory) == (7, True)


@pytest.mark.docker
def test_a_command_that_takes_too_long_is_124(runtime: DockerRuntime) -> None:
    container = run(runtime)
    began = real_monotonic()
    assert runtime.execute(container, ("sh", "-c", "echo so far; sleep 30"), 1.0) == (124, "so far\n")
    assert real_monotonic() - began < 15


@pytest.mark.docker
def test_a_command_that_is_not_there_is_126_or_127(runtime: DockerRuntime) -> None:
    code, output = runtime.execute(run(runtime), ("no-such-program",), 20.0)
    assert code in (126, 127)
    assert "no-such-program" in output


@pytest.mark.docker
def test_a_container_that_has_ended_uses_nothing(runtime: DockerRuntime) -> None:
    container = run(runtime, "exit", "0")
    until(lambda: runtime.inspect(container).phase is Phase.EXITED)
    assert runtime.measure(container).memory == 0


def test_lines_survive_being_cut_anywhere() -> None:
    text = "grüße\r\nan alle\nohne Ende".encode()
    for size in range(1, len(text)):
        chunks = [text[i : i + size] for i in range(0, len(text), size)]
        assert list(lines(chunks)) == ["grüße", "an alle", "ohne Ende"]


# What is left


@pytest.mark.docker
def test_what_a_dead_lab_left_is_swept_and_what_a_living_one_has_stays(
    client: Any, lab: str, runtime: DockerRuntime, tmp_path: Path
) -> None:
    living = run(runtime)
    dead_labels = {LABEL_LAB: f"{lab}-dead", LABEL_OWNER: "4194304:1.00"}
    dead = client.containers.create(TOOL, ["sleep", "300"], labels=dead_labels)
    client.volumes.create(f"{lab}-dead", labels=dead_labels)
    next_lab = DockerRuntime(f"{lab}-next", tmp_path)
    next_lab.open()
    next_lab.close()
    assert runtime.inspect(living).phase is Phase.RUNNING
    assert runtime.inspect(dead.id).phase is Phase.GONE
    with pytest.raises(docker.errors.NotFound):
        client.volumes.get(f"{lab}-dead")


@pytest.mark.docker
def test_closing_removes_the_volumes_too(runtime: DockerRuntime, client: Any, lab: str) -> None:
    run(runtime, mounts=(Mount(source=f"ecslab-{lab}", target="/data"),))
    assert client.volumes.get(f"ecslab-{lab}").attrs["Labels"][LABEL_LAB] == lab
    runtime.close()
    assert client.volumes.list(filters={"label": f"{LABEL_LAB}={lab}"}) == []


@pytest.mark.docker
def test_pause_containers_are_not_containers_of_a_task(runtime: DockerRuntime, client: Any, lab: str) -> None:
    client.containers.create(TOOL, ["sleep", "1"], labels={**engine.mine(lab), LABEL_KEEPER: "1"})
    assert runtime.held() == ()


def test_an_owner_is_alive_until_its_process_ends_or_is_another_one() -> None:
    pid, started, machine = owner().split(":", 2)
    assert owner_lives(owner())
    assert not owner_lives(f"{pid}:{float(started) - 60:.2f}:{machine}")
    assert not owner_lives("4194304:1.00")
    assert not owner_lives("")


def test_an_owner_on_another_machine_cannot_be_called_dead() -> None:
    assert owner_lives("4194304:1.00:somewhere-else")


# Images


@pytest.mark.docker
def test_an_image_that_no_registry_gives_cannot_be_pulled(runtime: DockerRuntime) -> None:
    name = f"localhost:1/{uuid.uuid4().hex}"
    with pytest.raises(CannotPullContainerError, match=r"The task can't pull the image 'localhost:1/.*Check your net"):
        until(lambda: runtime.pull(name, {}))


@pytest.mark.docker
def test_an_image_of_the_engines_own_needs_no_registry(runtime: DockerRuntime, client: Any) -> None:
    name = f"mine-{uuid.uuid4().hex[:8]}:1"
    client.images.get(TOOL).tag(name)
    try:
        assert runtime.pull(name, {})
    finally:
        client.images.remove(name)


@pytest.mark.parametrize(
    ("told", "advice"),
    [
        ("manifest for x:1 not found: manifest unknown", "Check whether the image exists."),
        ("pull access denied for x, repository does not exist or may require 'docker login'", "image exists."),
        ("Get https://r/v2/: dial tcp: lookup r: no such host", "Check your network configuration."),
        ("no basic auth credentials", "Check that the role has the permissions"),
        ("toomanyrequests: You have reached your pull rate limit", "toomanyrequests"),
    ],
)
def test_the_reason_of_a_failed_pull_is_in_the_words_of_aws(told: str, advice: str) -> None:
    assert advice in explained("x:1", told)


# An engine that is not there


def test_an_engine_that_is_not_there_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    found = probe()
    assert not found.available
    assert "tcp://127.0.0.1:1" in found.reason
    assert "DOCKER_HOST" in found.remedy
    with pytest.raises(ContainerRuntimeError, match="Is Docker still running"):
        engine.connect()


@pytest.mark.parametrize(
    ("failure", "reason", "remedy"),
    [
        ("Error: ('Connection aborted.', PermissionError(13, 'Permission denied'))", "permission", "docker group"),
        ("Error: ('Connection aborted.', FileNotFoundError(2, 'No such file'))", "not installed", "install it"),
        ("something else", "something else", "docker info"),
    ],
)
def test_a_learner_is_told_why_docker_cannot_be_used(
    failure: str, reason: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    found = unavailable(docker.errors.DockerException(failure))
    assert reason in found.reason
    assert remedy in found.remedy


def test_windows_containers_cannot_be_used() -> None:
    assert not described({"OSType": "windows"}).available


@pytest.mark.parametrize(
    ("info", "feature"),
    [
        ({"OperatingSystem": "Docker Desktop"}, "awsvpc address"),
        ({"SecurityOptions": ["name=rootless"]}, "awsvpc address"),
        ({"MemoryLimit": False}, "memory limit"),
        ({"CpuCfsQuota": False}, "task cpu limit"),
    ],
)
def test_what_an_engine_cannot_do_is_said_to_be_pretended(info: dict[str, Any], feature: str) -> None:
    found = described({"OSType": "linux", **info})
    assert feature not in found.enforced
    assert feature in {p.what for p in found.pretended}
