"""The server of one thread: what it answers, what it refuses, and that nobody holds it up."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ecslab.server.loop import LoopServer


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Says what it was asked."""
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("oh")
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    said["body"] = environ["wsgi.input"].read().decode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode()]


@pytest.fixture
def port() -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = LoopServer(listening, application, connections=4, patience=0.5, most=1000)
    number = int(listening.getsockname()[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield number
    server.shutdown()
    thread.join(10)
    assert not thread.is_alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", number), timeout=5)


def dialled(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def asked(port: int, text: bytes) -> bytes:
    """Everything that is answered to some bytes, until the server closes."""
    with dialled(port) as connection:
        connection.sendall(text)
        parts = b""
        while piece := connection.recv(65536):
            parts += piece
        return parts


def test_requests_share_a_connection_and_say_what_they_are(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.connect()
    first = client.sock
    for number in range(3):
        client.request("POST", f"/a%20b//c?x={number}", body="hello", headers={"X-Amz-Target": "T", "Host": "h"})
        said = json.loads(client.getresponse().read())
        assert (said["PATH_INFO"], said["QUERY_STRING"], said["body"]) == ("/a b//c", f"x={number}", "hello")
        assert (said["REQUEST_METHOD"], said["CONTENT_LENGTH"]) == ("POST", "5")
        assert (said["HTTP_X_AMZ_TARGET"], said["HTTP_HOST"]) == ("T", "h")
    assert client.sock is first
    client.close()


def test_a_body_in_chunks_arrives_whole_with_its_length(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request(
        "POST", "/", body=iter([b"one", b"two"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
    )
    said = json.loads(client.getresponse().read())
    assert (said["body"], said["CONTENT_LENGTH"]) == ("onetwo", "6")
    assert "HTTP_TRANSFER_ENCODING" not in said
    client.close()


def test_who_asks_whether_to_go_on_is_told_so(port: int) -> None:
    with dialled(port) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"hi")
        assert b'"body": "hi"' in connection.recv(65536)


def test_two_requests_sent_at_once_are_both_answered(port: int) -> None:
    one = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
    answer = asked(port, one % 1 + one % 2 + b"GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert [answer.count(b'"PATH_INFO": "/%d"' % number) for number in (1, 2, 3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 70_000, b"431"),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000, b"413"),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
    ids=["nonsense", "no host", "long headers", "long body", "negative length"],
)
def test_what_is_no_request_is_refused_and_the_next_is_answered(port: int, sent: bytes, status: bytes) -> None:
    assert asked(port, sent).split(b" ")[1] == status
    assert b"200 OK" in asked(port, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")


def test_an_application_that_raises_is_a_500_and_the_next_is_answered(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("GET", "/broken")
    broken = client.getresponse()
    assert (broken.status, "oh" in broken.read().decode()) == (500, True)
    client.request("GET", "/")
    assert client.getresponse().status == 200
    client.close()


def test_many_silent_connections_hold_up_nobody_and_are_closed(port: int) -> None:
    silent = [dialled(port) for _ in range(9)]
    silent[-1].sendall(b"GET / HTTP/1.1\r\nHost")
    assert b"200 OK" in asked(port, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    for connection in silent:
        assert connection.recv(1) == b""
        connection.close()
