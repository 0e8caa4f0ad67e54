"""The server as a process sees it: finding it, refusing a second, and what wrong requests are told."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from ecslab.errors import LabAlreadyRunning, PortTaken
from ecslab.server.http import listen
from ecslab.server.serve import ServerOptions, refuse_second, serve
from tests.server.conftest import Served


def ask(served: Served, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(f"{served.endpoint}/_ecslab/{path}", data=body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as answer:
        return answer.code, json.loads(answer.read())


def test_the_status_tells_what_is_pretended(served: Served) -> None:
    code, status = ask(served, "GET", "status")
    assert code == 200
    assert (status["runtime"], status["time"], status["account"]) == ("simulated", "virtual", "123456789012")
    assert status["pretended"]


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "error"),
    [
        ("GET", "nowhere", None, 400, "LabError"),
        ("POST", "check", b"not json", 400, "LabError"),
        ("POST", "check", b"[1]", 400, "LabError"),
        ("POST", "check", b'{"question": "99.9"}', 400, "LabError"),
        ("POST", "time", b'{"advance": -1}', 409, "TimeError"),
        ("GET", "logs?task=deadbeef00", None, 400, "InvalidParameterException"),
        ("GET", "why?subject=nothing", None, 400, "InvalidParameterException"),
        ("POST", "agents", b'{"instance": "i-1", "action": "dance"}', 400, "InvalidParameterException"),
        ("POST", "agents", b'{"instance": "i-1", "action": "stop"}', 400, "InvalidParameterException"),
        ("POST", "instances", b'{"instance_type": "m5.tiny"}', 400, "InvalidParameterException"),
        ("POST", "instances", b'{"cluster": "nope"}', 400, "ClusterNotFoundException"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    served: Served, method: str, path: str, body: bytes | None, code: int, error: str
) -> None:
    status, answer = ask(served, method, path, body)
    assert (status, answer["error"]) == (code, error)
    assert answer["message"]


def test_a_taken_port_is_told_with_what_to_try(tmp_path: Path) -> None:
    taken = listen(0)
    try:
        options = ServerOptions(home=tmp_path, port=taken.getsockname()[1], runtime="simulated", time="virtual")
        with pytest.raises(PortTaken, match="--port 0"):
            serve(options, lambda info: None)
    finally:
        taken.close()


def test_a_second_server_of_the_same_home_is_refused(tmp_path: Path) -> None:
    known = {"pid": os.getpid(), "pid_started": psutil.Process().create_time(), "endpoint": "http://x"}
    file = tmp_path / "server.json"
    file.write_text(json.dumps(known))
    with pytest.raises(LabAlreadyRunning, match="ecslab stop"):
        refuse_second(file)
    assert file.exists()


@pytest.mark.parametrize("text", ["{}", "", "[]", '{"pid": 1, "pid_started": 0, "endpoint": "x"}'])
def test_the_file_of_a_dead_server_is_swept_away(tmp_path: Path, text: str) -> None:
    file = tmp_path / "server.json"
    file.write_text(text)
    refuse_second(file)
    assert not file.exists()


def test_a_service_that_moto_lacks_is_refused_with_a_sentence(served: Served) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError):
        served.client("pricing").describe_services()
