"""The program of the images, run as a process; and that what is said of it as data is true."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from ecslab.images.behaviour import behaviour
from ecslab.images.catalogue import PROGRAM
from ecslab.images.website import Website
from ecslab.timeline import real_monotonic, real_sleep

TASK = "arn:aws:ecs:us-east-1:123456789012:task/default/abcd"


@dataclass(frozen=True)
class Ended:
    code: int
    lines: list[str]


def program(*words: str, **environment: str) -> subprocess.Popen[str]:
    """Started, with nothing in its environment but what is given (and the mark of this test run)."""
    given = {name: os.environ[name] for name in ("ECSLAB_TEST_RUN",) if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(PROGRAM), *words],
        env={**given, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(*words: str, **environment: str) -> Ended:
    process = program(*words, **environment)
    output, _ = process.communicate(timeout=30)
    return Ended(process.returncode, output.splitlines())


def stop_after(first_line: str, *words: str) -> Ended:
    """Asked to stop once it has written its first line."""
    with program(*words, PORT=str(free_port())) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip()]
        assert first_line in lines[0]
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
        return Ended(process.returncode, lines + output.splitlines())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def serving(**environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running web server's URL."""
    port = free_port()
    process = program("serve", PORT=str(port), **environment)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"listening on port {port}")
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.communicate(timeout=10)


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_needs_the_standard_library_only() -> None:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


ENDING = [
    ("exit", "3"),
    ("exit", "0", "--after", "0.2"),
    ("log", "3"),
    ("log", "2", "--every", "0.1", "then", "exit", "4"),
    ("exit", "2", "then", "log", "1"),
    ("sleep", "0.1", "then", "log", "1"),
    ("burn", "0.1"),
    ("sleep", "soon"),
    ("sleep",),
    ("log", "1", "--often", "2"),
    ("frobnicate",),
    ("then",),
]


@pytest.mark.parametrize("words", ENDING, ids=" ".join)
def test_a_command_that_ends_does_what_its_behaviour_says(words: tuple[str, ...]) -> None:
    started = real_monotonic()
    real, said = run(*words), behaviour(("app", *words), {}, {})
    assert real.code == said.exit_code
    if real.code != 2 or words[0] == "exit":
        assert real.lines == [text for _, text in said.lines]
    else:
        assert real.lines[0].endswith("try: app help")
    assert said.duration is not None
    assert said.duration <= real_monotonic() - started <= said.duration + 10


@pytest.mark.parametrize(
    ("first_line", "words"),
    [
        ("listening", ("serve",)),
        ("worked item 1", ("work", "--every", "0.1")),
        ("line 1", ("log", "1", "then", "sleep", "60")),
        ("line 1", ("log", "100", "--every", "1")),
        ("line 1", ("log", "1", "then", "burn", "60")),
        ("taking", ("hog", "1")),
    ],
)
def test_sigterm_ends_it_as_its_behaviour_says(first_line: str, words: tuple[str, ...]) -> None:
    real, said = stop_after(first_line, *words), behaviour(("app", *words), {}, {})
    assert real.code == said.stop_code
    assert (real.lines[-1] == "finishing") is (said.stop_line == "finishing")


def test_a_worker_takes_the_time_to_finish_that_it_is_told() -> None:
    with program("work", FINISH="0.7") as process:
        assert process.stdout is not None
        process.stdout.readline()
        began = real_monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert real_monotonic() - began >= 0.7
    said = behaviour(("app", "work"), {"FINISH": "0.7"}, {})
    assert (process.returncode, said.stop_code, said.stop_delay) == (0, 0, 0.7)


def test_the_stubborn_ignore_sigterm() -> None:
    with program("stubborn") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ignoring SIGTERM\n"
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        process.kill()


def test_help_tells_every_command() -> None:
    text = "\n".join(run("help").lines)
    for command in ("serve", "work", "sleep", "exit", "hog", "burn", "log", "stubborn", "fetch", "health", "then"):
        assert command in text
    assert run().lines == run("help").lines


ASKED = ("/", "/health", "/health/fail", "/health", "/health/ok", "/health", "/slow?seconds=0", "/burn?seconds=0")
ASKED_WRONG = ("/slow?seconds=x", "/exit?code=x", "/hog?mb=x", "/hog?mb=1", "/nothing")


def test_the_simulated_site_answers_what_the_real_one_does() -> None:
    environment = {"VERSION": "7", "ECSLAB_TASK_ARN": TASK, "ECSLAB_CONTAINER_NAME": "web"}
    site = Website(environment=environment, container="web")
    with serving(**environment) as (url, _):
        for path in ASKED + ASKED_WRONG:
            assert get(url + path) == site.answer(path), path


def test_the_home_page_says_which_version_task_and_container_it_is() -> None:
    with serving(VERSION="2", ECSLAB_TASK_ARN=TASK, ECSLAB_CONTAINER_NAME="web") as (url, _):
        assert get(url + "/") == (200, "Hello from web version 2, task abcd, container web\n")


def test_json_gives_the_facts_but_no_value_of_the_environment() -> None:
    with serving(VERSION="2", PASSWORD="open sesame", ECSLAB_TASK_ARN=TASK) as (url, _):
        _, body = get(url + "/json")
    facts: Mapping[str, object] = json.loads(body)
    assert (facts["version"], facts["task"], facts["hits"]) == ("2", TASK, 1)
    assert "PASSWORD" in str(facts["environment"])
    assert "open sesame" not in body


def test_health_is_what_it_was_told_to_be() -> None:
    with serving() as (url, _):
        port = url.rsplit(":", 1)[1]
        assert run("health", PORT=port).code == 0
        get(url + "/health/fail")
        assert run("health", "--port", port).code == 1
    assert run("health", PORT=str(free_port())).code == 1


def test_a_request_can_end_it_with_a_code() -> None:
    with serving() as (url, process):
        assert get(url + "/exit?code=9") == (200, "exiting with code 9\n")
        assert process.wait(timeout=10) == 9


def test_what_has_begun_is_finished_before_it_ends() -> None:
    with serving() as (url, process):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=15) as client:
            client.sendall(b"GET /slow?seconds=1 HTTP/1.0\r\n\r\n")
            real_sleep(0.4)
            process.send_signal(signal.SIGTERM)
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        assert answer.endswith(b"slept 1 s\n")
        assert process.wait(timeout=10) == 0


def test_one_line_is_logged_for_each_request() -> None:
    with serving() as (url, process):
        assert process.stdout is not None
        get(url + "/health")
        assert process.stdout.readline() == '127.0.0.1 "GET /health" 200\n'
        get(url + "/nothing")
        assert process.stdout.readline() == '127.0.0.1 "GET /nothing" 404\n'
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "finishing\n"


def test_it_fetches_from_inside_and_says_so_when_it_cannot() -> None:
    with serving(VERSION="5") as (url, _):
        status, body = get(f"{url}/fetch?url={url}/")
        assert (status, body.splitlines()[0]) == (200, "200")
        assert "version 5" in body
        nobody = f"http://127.0.0.1:{free_port()}/"
        assert get(f"{url}/fetch?url={nobody}")[0] == 502
        assert get(f"{url}/fetch?url=file:///etc/passwd")[0] == 502
        assert run("fetch", url + "/health").lines == ["200 healthy"]
        assert run("fetch", url + "/nothing").code == 1
    assert run("fetch", nobody).code == 1


def test_fetch_tries_again_until_somebody_listens() -> None:
    port = free_port()
    with program("fetch", f"http://127.0.0.1:{port}/health", "--retries", "20") as fetching:
        assert fetching.stdout is not None
        assert "could not fetch" in fetching.stdout.readline()
        with program("serve", PORT=str(port)) as server:
            assert fetching.wait(timeout=30) == 0
            server.kill()


def test_ports_below_1024_are_moved_where_they_may_not_be_bound() -> None:
    where = {"ECSLAB_ADDRESS": "127.99.1.1", "ECSLAB_PORT_SHIFT": "8000"}
    with program("serve", **where) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("listening on port 80,")
        assert get("http://127.99.1.1:8080/health")[0] == 200
        assert run("fetch", "http://localhost/health", **where).lines == ["200 healthy"]
        assert run("fetch", "http://shop:80/health", **where, ECSLAB_HOSTS="shop=127.99.1.1").code == 0
        assert run("health", **where).code == 0
        server.kill()


def test_the_lab_server_is_found_where_the_environment_says_it_is() -> None:
    with serving() as (url, _):
        outcome = run("fetch", url + "/health", ECSLAB_ADDRESS="127.99.1.2", AWS_ENDPOINT_URL=url)
        assert outcome.lines == ["200 healthy"]


def test_a_port_that_is_taken_is_said_and_ends_it_with_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        outcome = run("serve", "--port", port, ECSLAB_ADDRESS="127.0.0.1")
    assert (outcome.code, outcome.lines[0].startswith(f"cannot listen on port {port}")) == (1, True)
