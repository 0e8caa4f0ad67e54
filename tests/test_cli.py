"""The command line: exit codes, one line what and one line what to try, and a lab that comes and goes."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecslab.cli import engine, main
from ecslab.cli.doctor import Verdict, docker, folder, port
from ecslab.cli.notebooks import first_notebook, labs_folder
from ecslab.cli.words import runtime_line
from ecslab.client.home import alive, read_record
from ecslab.client.starting import end
from ecslab.errors import LabError

Ran = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cli") / "home"
    yield folder
    end(folder)


def ecslab(home: Path, *arguments: str, **environment: str) -> Ran:
    """Run the command in a process of its own, away from any setting of this machine."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ECSLAB_RUNTIME"))}
    settings |= {"ECSLAB_HOME": str(home)} | environment
    command = [sys.executable, "-m", "ecslab", *arguments]
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def up(home: Path) -> Ran:
    return ecslab(home, "up", "--runtime", "simulated", "--port", "0")


def test_up_says_where_on_what_why_and_what_is_pretended(up: Ran, home: Path) -> None:
    assert (up.returncode, up.stderr) == (0, "")
    where, what = up.stdout.splitlines()
    record = read_record(home)
    assert record is not None
    assert where == f"The lab answers at {record.endpoint}"
    assert what.startswith("Runtime simulated: it was asked for. Only pretended: cpu shares, ")


def test_up_again_finds_the_same_lab_and_another_runtime_is_refused(up: Ran, home: Path) -> None:
    assert ecslab(home, "up").stdout == up.stdout
    refused = ecslab(home, "up", "--runtime", "process")
    assert refused.returncode == 1
    what, remedy = refused.stderr.splitlines()
    assert what.startswith("ecslab: The running lab has the simulated runtime and real time")
    assert "`ecslab up --runtime process`" in remedy.removeprefix("  try: ")


def test_a_second_server_in_the_foreground_is_refused_in_two_lines(up: Ran, home: Path) -> None:
    second = ecslab(home, "serve", "--runtime", "simulated", "--port", "0")
    assert second.returncode == 1
    what, remedy = second.stderr.splitlines()
    assert what.startswith("ecslab: A lab server is already running at")
    assert "ecslab stop" in remedy


def test_status_counts_what_runs(up: Ran, home: Path) -> None:
    said = ecslab(home, "status")
    assert said.returncode == 0
    assert said.stdout.startswith(up.stdout)
    assert "Account 123456789012, region us-east-1" in said.stdout
    assert "Cluster default: services none; 0 tasks RUNNING, 2 container instances" in said.stdout


def test_env_points_the_aws_command_line_at_the_lab(up: Ran, home: Path) -> None:
    script = f'eval "$({sys.executable} -m ecslab env)" && {Path(sys.executable).with_name("aws")} ecs list-clusters'
    settings = os.environ | {"ECSLAB_HOME": str(home), "AWS_PROFILE": "nobody-has-this"}
    found = subprocess.run(
        ["bash", "-c", script], env=settings, capture_output=True, text=True, timeout=120, check=False
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["clusterArns"] == ["arn:aws:ecs:us-east-1:123456789012:cluster/default"]


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", 'export AWS_DEFAULT_REGION="us-east-1"'),
        ("fish", 'set -gx AWS_DEFAULT_REGION "us-east-1";'),
        ("powershell", '$Env:AWS_DEFAULT_REGION = "us-east-1"'),
    ],
)
def test_env_speaks_the_language_of_the_shell(shell: str, line: str, up: Ran, home: Path) -> None:
    said = ecslab(home, "env", "--shell", shell).stdout.splitlines()
    assert line in said
    assert any("AWS_PROFILE" in each for each in said)


@pytest.mark.parametrize("command", ["env", "status"])
def test_small_commands_start_without_boto3_and_moto(command: str, up: Ran, home: Path) -> None:
    program = (
        "import sys; from ecslab.cli import main; code = main(sys.argv[1:]);"
        "heavy = {'moto', 'boto3', 'docker', 'IPython'} & set(sys.modules); sys.exit(code or str(heavy or 0))"
    )
    run = [sys.executable, "-c", program, command, "--home", str(home)]
    found = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert found.stderr.strip() in ("", "0")


def test_logs_are_the_servers_own_or_a_tasks(up: Ran, home: Path) -> None:
    assert "The lab answers at" in ecslab(home, "logs").stdout
    unknown = ecslab(home, "logs", "nope")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("ecslab: There is no task 'nope'")
    assert "Traceback" not in unknown.stderr


def test_reset_empties_the_account(up: Ran, home: Path) -> None:
    assert ecslab(home, "reset").stdout == "The account is empty again.\n"
    assert "services none" in ecslab(home, "status").stdout


def test_stop_waits_for_the_end_and_says_when_there_was_nothing(up: Ran, home: Path) -> None:
    record = read_record(home)
    assert record is not None
    stopped = ecslab(home, "stop")
    assert (stopped.returncode, stopped.stdout) == (0, "The lab is stopped; nothing of it is left running.\n")
    assert not alive(record)
    assert ecslab(home, "stop").stdout == "No lab was running.\n"


@pytest.mark.parametrize("command", ["status", "env", "reset", "logs x"])
def test_without_a_server_every_command_says_what_to_try(command: str, tmp_path: Path) -> None:
    said = ecslab(tmp_path, *command.split())
    assert (said.returncode, said.stdout) == (1, "")
    what, remedy = said.stderr.splitlines()
    assert what.startswith("ecslab: No lab server is running")
    assert remedy == "  try: Run `ecslab up`."


def test_serve_ends_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ecslab", "serve", "--runtime", "simulated", "--port", "0", "--time", "virtual"]
    settings = os.environ | {"ECSLAB_HOME": str(tmp_path)}
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline(), process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert lines[0].startswith("The lab answers at http://127.0.0.1:")
    assert lines[1].endswith("Time is virtual.\n")
    assert (process.returncode, error) == (0, "")
    assert not (tmp_path / "server.json").exists()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = str(other.getsockname()[1])
        for command in ("serve", "up"):
            said = ecslab(tmp_path, command, "--runtime", "simulated", "--port", number)
            assert said.returncode == 1
            what, remedy = said.stderr.splitlines()
            assert f"Port {number} of 127.0.0.1 cannot be had" in what
            assert "--port" in remedy


@pytest.mark.parametrize(
    "wrong", [[], ["dance"], ["status", "--nope"], ["serve", "--port", "99999"], ["up", "--runtime", "cloud"]]
)
def test_wrong_usage_is_exit_code_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(wrong)
    assert left.value.code == 2
    assert "usage: ecslab" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("ecslab ")


def test_nothing_pretended_is_said_too() -> None:
    assert runtime_line("docker", "an engine answers", []) == (
        "Runtime docker: an engine answers. Only pretended: nothing."
    )


# lab and doctor


def test_lab_opens_the_first_lab_in_jupyterlab(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert first_notebook(labs_folder()).name == "01-clusters.ipynb"
    assert main(["lab", "--labs", str(tmp_path), "--home", str(tmp_path)]) == 1
    assert "There is no lab notebook" in capfd.readouterr().err
    with pytest.raises(LabError, match="no lab notebook"):
        first_notebook(tmp_path)


def test_doctor_says_that_the_lab_can_run_here(tmp_path: Path) -> None:
    said = ecslab(tmp_path / "new", "doctor")
    assert said.returncode == 0, said.stdout
    assert "The lab can run here" in said.stdout
    for words in ("Python 3.", "Docker: ", "can be written", "of memory available", "ports below 1024"):
        assert words in said.stdout


def test_doctor_fails_where_the_home_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = ecslab(tmp_path / "file" / "home", "doctor")
    assert said.returncode == 1
    assert "Set ECSLAB_HOME" in said.stdout
    assert folder(tmp_path / "file").verdict is Verdict.BAD


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """A socket at $DOCKER_HOST that answers one request with the given bytes."""
    path = Path(os.path.relpath(tmp_path / "d.sock"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(path))
        server.listen()

        def answer(what: bytes) -> None:
            def once() -> None:
                line, _ = server.accept()
                with line:
                    line.recv(1024)
                    line.sendall(what)

            threading.Thread(target=once, daemon=True).start()

        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield answer


def test_an_engine_that_answers_is_found(answering: Callable[[bytes], None]) -> None:
    answering(b"HTTP/1.1 200 OK\r\n\r\nOK")
    assert engine.look().answers
    answering(b"HTTP/1.1 500 Oops\r\n\r\n")
    assert not engine.look().answers


def test_a_missing_engine_is_named_with_the_command_that_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'none.sock'}")
    assert docker().verdict is Verdict.BETTER
    assert "does not exist" in docker().words
    assert "unset DOCKER_HOST" in docker().remedy
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert "does not answer" in engine.look().words
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setattr(engine, "_usual_places", list)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert engine.look().words == "Docker is not installed"
    assert engine.look().remedy
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert "engine is not running" in engine.look().words


def test_a_dead_socket_says_how_to_start_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(os.path.relpath(tmp_path / "dead.sock"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gone:
        gone.bind(str(path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    found = engine.look()
    assert not found.answers
    assert "nothing answers" in found.words
    assert found.remedy


def test_a_used_port_is_no_obstacle_to_the_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecslab.cli.doctor.port_is_free", lambda number: False)
    assert port(tmp_path).verdict is Verdict.BETTER
    assert "--port N" in port(tmp_path).remedy


def test_the_arguments_of_the_demo_are_none() -> None:
    from ecslab.cli import parser

    found = parser().parse_args(["demo"])
    assert isinstance(found, argparse.Namespace)
    assert found.run == "notebooks:demo"
