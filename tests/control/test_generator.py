"""The load generator against a real HTTP server of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ecslab.control.generator import AT_ONCE, PROBLEM_NOBODY, Generator, Target
from ecslab.timeline import real_monotonic, real_sleep

WAIT = 15.0


class Site:
    """A server that counts the paths it was asked for."""

    def __init__(self, status: int) -> None:
        self.asked: list[str] = []
        site = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self.path)
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def target(self) -> Target:
        return "127.0.0.1", int(self.server.server_address[1])


@pytest.fixture
def site() -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(status: int = 200) -> Site:
        made.append(Site(status))
        return made[-1]

    yield make
    for one in made:
        one.server.shutdown()
        one.server.server_close()


@pytest.fixture
def generator() -> Iterator[Generator]:
    found = Generator("/burn?seconds=0")
    yield found
    found.close()


def until(done: Callable[[], bool]) -> None:
    deadline = real_monotonic() + WAIT
    while not done():
        assert real_monotonic() < deadline, "it did not happen in time"
        real_sleep(0.01)


def test_requests_are_sent_at_the_rate_and_shared_by_the_targets(
    site: Callable[..., Site], generator: Generator
) -> None:
    first, second = site(), site()
    generator.set_targets((first.target, second.target))
    began = real_monotonic()
    generator.set_rate(50)

    def steady() -> bool:
        due = 50 * (real_monotonic() - began)
        return generator.tally().requests >= 40 and due - generator.tally().requests <= 5

    until(steady)
    tally = generator.tally()
    assert tally.requests <= 50 * (real_monotonic() - began) + 1
    sent = len(first.asked) + len(second.asked)
    assert tally.requests - tally.failures <= sent <= tally.requests - tally.failures + AT_ONCE
    assert tally.p50 is not None
    assert tally.p95 is not None
    assert 0 < tally.p50 <= tally.p95
    assert set(first.asked) == {"/burn?seconds=0"}
    assert abs(len(first.asked) - len(second.asked)) <= 3


def test_a_target_that_is_gone_gets_no_more(site: Callable[..., Site], generator: Generator) -> None:
    first, second = site(), site()
    generator.set_targets((first.target,))
    generator.set_rate(100)
    until(lambda: len(first.asked) >= 5)
    generator.set_targets((second.target,))
    until(lambda: len(second.asked) >= 5)
    before = len(first.asked)
    until(lambda: len(second.asked) >= 20)
    assert len(first.asked) <= before + 1


def test_bad_answers_and_nobody_count_as_failures_and_say_why(site: Callable[..., Site], generator: Generator) -> None:
    broken = site(503)
    generator.set_rate(50)
    until(lambda: generator.tally().failures >= 3)
    assert generator.tally().problem == PROBLEM_NOBODY
    generator.set_targets((broken.target,))
    until(lambda: "answered 503" in generator.tally().problem)
    tally = generator.tally()
    assert tally.failures == tally.requests


def test_after_close_none_is_sent(site: Callable[..., Site], generator: Generator) -> None:
    one = site()
    generator.set_targets((one.target,))
    generator.set_rate(100)
    until(lambda: len(one.asked) >= 3)
    generator.close()
    real_sleep(0.1)
    count, tally = len(one.asked), generator.tally()
    real_sleep(0.2)
    assert len(one.asked) == count
    assert generator.tally() == tally
