"""The process runtime: real processes, and none of them left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ecslab.errors import CannotPullContainerError, CannotStartContainerError
from ecslab.runtimes.base import Mount
from ecslab.runtimes.process import ProcessRuntime, leftovers
from ecslab.timeline import real_monotonic, real_sleep
from tests.runtimes.conftest import TOOL, WEB, Bench, make_bench

SERVER = """
import sys, pathlib
from ecslab.runtimes.base import ContainerSpec
from ecslab.runtimes.process import ProcessRuntime
runtime = ProcessRuntime("doomed", pathlib.Path(sys.argv[1]))
runtime.open()
for command, entry in ((("stubborn",), None), (("-c", "app stubborn & app stubborn; echo never"), ("sh",))):
    spec = ContainerSpec(name=command[0], image="ecslab/tool:1", command=command, entry_point=entry)
    container = runtime.create(spec)
    runtime.follow(container, lambda line: print(line, flush=True), lambda: None)
    runtime.start(container)
sys.stdin.read()
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Bench]:
    bench = make_bench("process", tmp_path)
    bench.runtime.open()
    yield bench
    bench.runtime.close()


def gone(pids: list[int], seconds: float = 10.0) -> bool:
    deadline = real_monotonic() + seconds
    while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
        if real_monotonic() > deadline:
            return False
        real_sleep(0.05)
    return True


def test_an_image_that_is_not_the_labs_is_refused_with_what_to_do(process: Bench) -> None:
    with pytest.raises(CannotPullContainerError, match=r"(?s)nginx.*ecslab/web:1.*start the lab with Docker"):
        process.runtime.pull("nginx:latest", {})


def test_a_program_that_is_not_the_labs_is_refused_with_what_to_do(process: Bench) -> None:
    container = process.runtime.create(process.spec(TOOL, entry_point=("nginx", "-g")))
    with pytest.raises(CannotStartContainerError, match=r'exec: "nginx": executable file not found .*Docker'):
        process.runtime.start(container)


def test_every_process_dies_with_a_server_that_is_killed(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert [server.stdout.readline().strip() for _ in range(3)] == ["ignoring SIGTERM"] * 3
    children = [child.pid for child in psutil.Process(server.pid).children(recursive=True)]
    assert len(children) >= 4
    server.kill()
    server.communicate(timeout=10)
    assert gone(children)
    assert list((tmp_path / "containers").iterdir()) != []
    assert leftovers.sweep(tmp_path / "containers") == 1
    assert list((tmp_path / "containers").iterdir()) == []


def test_the_sweep_kills_what_a_dead_server_left_and_spares_a_stranger(tmp_path: Path) -> None:
    left = subprocess.Popen(["sleep", "60"], start_new_session=True)
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        for process, shift in ((left, 0.0), (stranger, 500.0)):
            folder = tmp_path / "dead.999999999.1" / str(process.pid)
            folder.mkdir(parents=True)
            started = psutil.Process(process.pid).create_time() + shift
            (folder / leftovers.STATE).write_text(json.dumps({"pid": process.pid, "started": started}))
        leftovers.sweep(tmp_path)
        assert left.wait(timeout=10) == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


def test_the_sweep_spares_the_folder_of_a_living_server(process: Bench, tmp_path: Path) -> None:
    process.run(TOOL, "sleep", "60")
    other = ProcessRuntime("other", tmp_path)
    other.open()
    assert len(list((tmp_path / "containers").iterdir())) == 2
    other.close()
    assert len(list((tmp_path / "containers").iterdir())) == 1


def test_closing_leaves_no_process_and_no_folder(process: Bench, tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    process.speaks(process.run(TOOL, "stubborn"), "ignoring")
    process.speaks(process.run(TOOL, "-c", "app stubborn; true", entry_point=("sh",)), "ignoring")
    started = [child.pid for child in set(psutil.Process().children(recursive=True)) - before]
    assert len(started) >= 3
    process.runtime.close()
    assert gone(started, 2.0)
    assert list(tmp_path.iterdir()) == []


def test_a_shell_finds_the_program_and_gives_its_exit_code(process: Bench) -> None:
    container = process.run(TOOL, "-c", "echo before; app log 1; app exit 6", entry_point=("/bin/sh",))
    assert process.ended(container).exit_code == 6
    assert process.lines(container) == ["before", "line 1", "exiting with code 6"]


def test_a_shell_as_pid_1_swallows_sigterm_unless_there_is_an_init(process: Bench) -> None:
    for init in (False, True):
        words = ("-c", "echo ready; while true; do app sleep 0.1; done")
        container = process.run(TOOL, *words, entry_point=("sh",), init=init)
        process.speaks(container, "ready")
        process.runtime.stop(container)
        ended = process.until(lambda c=container: process.runtime.inspect(c).exit_code is not None, 1.0)
        assert ended is init
        process.runtime.remove(container)


def test_what_the_main_process_leaves_running_dies_with_it(process: Bench) -> None:
    container = process.run(TOOL, "-c", "app stubborn & sleep 0.5; exit 0", entry_point=("sh",))
    assert process.ended(container).exit_code == 0
    assert process.lines(container) in ([], ["ignoring SIGTERM"])


def test_the_memory_of_everything_in_the_container_counts(process: Bench) -> None:
    words = ("-c", "app hog 40 & app hog 40 & wait")
    container = process.run(TOOL, *words, entry_point=("sh",), memory=70 * 1024 * 1024)
    seen = process.ended(container)
    assert (seen.exit_code, seen.out_of_memory) == (137, True)


def test_a_command_that_takes_too_long_is_killed_with_124(process: Bench) -> None:
    container = process.run(WEB)
    started = real_monotonic()
    code, output = process.runtime.execute(container, ("app", "sleep", "60"), 0.3)  # type: ignore[attr-defined]
    assert code == 124
    assert "longer than 0.3 s" in output
    assert real_monotonic() - started < 10


def test_shell_commands_run_inside_with_the_environment_of_the_container(process: Bench) -> None:
    container = process.run(TOOL, "sleep", "60", environment={"SECRET": "x y"})
    execute = process.runtime.execute  # type: ignore[attr-defined]
    assert execute(container, ("/bin/sh", "-c", 'test "$SECRET" = "x y" || exit 1'), 10) == (0, "")
    assert execute(container, ("/bin/sh", "-c", "app exit 4"), 10)[0] == 4
    assert execute(container, ("psql",), 10)[0] == 127


def test_nothing_of_the_servers_environment_is_seen_inside(process: Bench, tmp_path: Path) -> None:
    os.environ["ECSLAB_PRIVATE"] = "of the server"
    try:
        container = process.run(TOOL, "-c", "env", entry_point=("sh",), environment={"MINE": "1"})
        found = dict(line.split("=", 1) for line in process.lines(container) if "=" in line)
    finally:
        del os.environ["ECSLAB_PRIVATE"]
    assert "MINE" in found
    assert not found.keys() & {"ECSLAB_PRIVATE", "ECSLAB_HOME", "TMPDIR", "ECSLAB_OWNER_FD"}
    assert Path(found["HOME"]).is_relative_to(tmp_path), "a learner's ~/.aws is not the container's"


def test_a_container_works_in_a_folder_of_its_own(process: Bench, tmp_path: Path) -> None:
    fields = {"entry_point": ("sh",), "mounts": (Mount(source="v", target="/data"),)}
    first = process.run(TOOL, "-c", "pwd", working_directory="/srv/../../../../etc", **fields)
    second = process.run(TOOL, "-c", "pwd", **fields)
    found = [Path(process.lines(container)[0]) for container in (first, second)]
    assert found[0] != found[1]
    assert all(path.is_relative_to(tmp_path) for path in found)


def test_long_output_without_a_newline_arrives_in_pieces(process: Bench) -> None:
    words = ("-c", "head -c 40000 /dev/zero | tr '\\0' 'x'")
    lines = process.lines(process.run(TOOL, *words, entry_point=("sh",)))
    assert [len(line) for line in lines] == [16384, 16384, 7232]
