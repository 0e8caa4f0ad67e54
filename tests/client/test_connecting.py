"""Finding the lab server or starting it: one server, whoever comes, and no word of it on the screen."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import ecslab
from ecslab.client.home import alive, read_record, running
from ecslab.client.starting import end, end_all
from ecslab.errors import LabError, LabNotRunning
from ecslab.timeline import real_monotonic, real_sleep

CONNECT = """
import json, sys, ecslab
lab = ecslab.connect(runtime="simulated", time="virtual")
json.dump({"endpoint": lab.endpoint, "home": str(lab._home), "repr": repr(lab)}, sys.stdout)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    end(folder)


def python(program: str, home: Path, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "always", "-c", program]
    settings = os.environ | {"ECSLAB_HOME": str(home)} | environment
    return subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def gone(path: Path, seconds: float = 15.0) -> bool:
    deadline = real_monotonic() + seconds
    while path.exists() and real_monotonic() < deadline:
        real_sleep(0.1)
    return not path.exists()


def test_two_kernels_that_connect_at_once_end_with_one_server_and_say_nothing(home: Path) -> None:
    both = [python(CONNECT, home), python(CONNECT, home)]
    said = [kernel.communicate(timeout=120) for kernel in both]
    assert [error for _, error in said] == ["", ""]
    first, second = (json.loads(out) for out, _ in said)
    assert first == second
    record = read_record(home)
    assert record is not None
    assert record.endpoint == first["endpoint"]
    assert alive(record)


def test_a_running_lab_is_attached_to_and_not_doubled(served_home: Path, lab: ecslab.Lab) -> None:
    again = ecslab.connect(home=served_home)
    assert again.endpoint == lab.endpoint
    assert again.runtime == "simulated"


def test_the_record_of_a_dead_process_is_as_good_as_none(home: Path) -> None:
    home.mkdir()
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    record = {"lab": "x", "endpoint": "http://127.0.0.1:9", "pid": int(dead.stdout), "pid_started": 1.0}
    (home / "server.json").write_text(json.dumps(record))
    assert running(home) is None
    lab = ecslab.connect(runtime="simulated", time="virtual", home=home)
    assert lab.endpoint != record["endpoint"]


def test_a_living_server_that_does_not_answer_is_not_doubled(tmp_path: Path) -> None:
    me = psutil.Process()
    record = {"lab": "x", "endpoint": "http://127.0.0.1:9", "pid": me.pid, "pid_started": me.create_time()}
    (tmp_path / "server.json").write_text(json.dumps(record))
    with pytest.raises(LabNotRunning, match="does not answer") as caught:
        ecslab.connect(home=tmp_path)
    assert "ecslab stop" in caught.value.hint


@pytest.mark.parametrize("wish", [{"runtime": "process"}, {"time": "real"}, {"runtime": "docker", "time": "scaled:9"}])
def test_another_runtime_or_time_than_the_running_one_says_how_to_switch(
    wish: dict[str, str], lab: ecslab.Lab, served_home: Path
) -> None:
    with pytest.raises(LabError, match="running lab has the simulated runtime and virtual time") as caught:
        ecslab.connect(**wish, home=served_home)
    options = " ".join(f"--{name} {value}" for name, value in wish.items())
    assert f"`ecslab stop`, then `ecslab up {options}`" in caught.value.hint


def test_a_lab_with_another_kind_of_time_can_stand_beside_the_running_one(home: Path) -> None:
    first = ecslab.connect(runtime="simulated", time="real", home=home)
    second = ecslab.connect(time="virtual", home=home, beside=True)
    assert (first.time.kind, second.time.kind, second.runtime) == ("real", "virtual", "simulated")
    assert ecslab.connect(time="virtual", home=home, beside=True).endpoint == second.endpoint
    assert ecslab.connect(time="real", home=home, beside=True).endpoint == first.endpoint
    assert end_all(home)
    assert running(home) is None
    assert not end_all(home)


def test_virtual_time_serves_whoever_asks_for_a_lab_beside(lab: ecslab.Lab, served_home: Path) -> None:
    assert ecslab.connect(time="scaled:20", home=served_home, beside=True).endpoint == lab.endpoint


def test_a_server_that_does_not_start_says_why_and_what_to_try(home: Path) -> None:
    with pytest.raises(LabError, match="did not start: 'sometimes' is not a way for time to pass") as caught:
        ecslab.connect(runtime="simulated", time="sometimes", home=home)
    assert "scaled" in caught.value.hint
    assert running(home) is None


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(LabError, match="cannot be written") as caught:
        ecslab.connect(home=file / "home")
    assert "ECSLAB_HOME" in caught.value.hint


def test_a_taken_port_is_no_obstacle(home: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 4510))
            other.listen()
        except OSError:
            pass  # taken already, by somebody else: as good
        lab = ecslab.connect(runtime="simulated", time="virtual", home=home)
        assert lab.endpoint != "http://127.0.0.1:4510"
        assert lab.time.seconds() > 0


@pytest.mark.parametrize("sign", ["NBGRADER_EXECUTION", "ECSLAB_PRIVATE"])
def test_under_nbgrader_a_kernel_has_a_lab_of_its_own_that_dies_with_it(sign: str, home: Path) -> None:
    waiting = f"{CONNECT}\nsys.stdout.flush()\nsys.stdin.read() if sys.stdin else None"
    kernel = python(waiting, home, **{sign: "autograde"})
    out, error = kernel.communicate(timeout=120)
    said = json.loads(out)
    assert error == ""
    assert "simulated runtime, virtual time" in said["repr"]
    assert Path(said["home"]) != home
    assert not (home / "server.json").exists()
    assert gone(Path(said["home"]))


def test_stopping_waits_until_the_process_is_gone(home: Path) -> None:
    lab = ecslab.connect(runtime="simulated", time="virtual", home=home)
    record = read_record(home)
    assert record is not None
    lab.stop()
    assert not alive(record)
    assert read_record(home) is None
    with pytest.raises(LabNotRunning, match="does not answer") as caught:
        lab.story()
    assert "ecslab up" in caught.value.hint
    assert end(home) is False


def test_importing_ecslab_brings_neither_boto3_nor_widgets() -> None:
    program = "import sys, ecslab; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"boto3", "botocore", "IPython", "ipywidgets", "psutil", "moto"} & set(loaded) == set()


def test_everything_public_can_be_had() -> None:
    assert all(getattr(ecslab, name) for name in ecslab.__all__)
    assert set(ecslab.__all__) <= set(dir(ecslab))
    with pytest.raises(AttributeError, match="nothing"):
        _ = ecslab.nothing
