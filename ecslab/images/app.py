#!/usr/bin/env python3
"""The one program inside every image of the lab: it serves, works, sleeps, fails and logs as its command says.

It stands alone with its two siblings (``dial.py``; ``sdk.py``, read when AWS is asked): Python's standard library and
nothing else, because it is copied into images and run as a bare process. Invariant: what it does follows from its
command and its environment only. ``app help`` prints the grammar.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

HELP = """app: the program of the ecslab images

  serve [--port N]          answer HTTP on port N ($PORT, else 80); SIGTERM ends it with 0
  work [--every S]          print a line each S seconds (1); SIGTERM ends it with 0, $FINISH s later
  sleep S                   sleep S seconds
  exit CODE [--after S]     exit with CODE after S seconds (0)
  hog MB [--after S]        take MB MiB of memory, then sleep
  burn S                    keep one CPU busy for S seconds
  log N [--every S]         print N lines, S seconds apart (0)
  stubborn                  ignore SIGTERM
  fetch URL [--retries N]   GET the URL and print the answer; 1 when it fails
  health [--port N]         0 when GET /health answers 200, else 1
  aws SERVICE OPERATION [Name=value ...]    call AWS by boto3 and print the answer; 1 when it fails
  A then B                  do A; when it ends with 0, do B"""
Options = dict[str, str]
Answer = tuple[int, str]
SIBLINGS = os.path.dirname(os.path.abspath(__file__)) if __file__.endswith(".py") else "/usr/local/lib/ecslab"
_hoard: list[bytearray] = []


def sibling(name: str) -> Any:
    """One of the program's other files, beside it or where the images have them."""
    from importlib.util import module_from_spec, spec_from_file_location

    module = sys.modules.get(f"ecslab_{name}")
    if module is None:
        spec = spec_from_file_location(f"ecslab_{name}", os.path.join(SIBLINGS, f"{name}.py"))
        if spec is None or spec.loader is None:
            raise ImportError(name)
        module = sys.modules.setdefault(spec.name, module_from_spec(spec))
        spec.loader.exec_module(module)
    return module


dial = sibling("dial")


class Terminated(BaseException):
    """SIGTERM has come."""


def say(line: str) -> None:
    """One line of output, at once. Output that nobody reads any more is no reason to fail."""
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        pass


def pause(seconds: float) -> int:
    """Sleep, also for ever; exit code 0."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 3600.0))
    return 0


def keep_busy(seconds: float) -> int:
    """Keep one CPU busy; exit code 0."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass
    return 0


def spend_cpu(seconds: float) -> int:
    """Use so many seconds of CPU time, however long the other requests let that take; 0."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    return 0


def take_memory(mib: int) -> None:
    """Allocate and touch memory, not all at once, and keep it."""
    for at in range(0, mib, 8):
        _hoard.append(bytearray(b"x") * (min(8, mib - at) << 20))
        time.sleep(0.004)


def web_port(options: Options) -> int:
    """The port of ``serve`` and ``health``."""
    return int(options.get("port") or os.environ.get("PORT") or "80")


class Site:
    """What ``serve`` answers, and the little it remembers. ``leave`` is an exit code once it must go."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.address = dial.address()
        self.environment = dict(os.environ)
        self.hits = 0
        self.healthy = True
        self.leave: int | None = None
        self.version = os.environ.get("VERSION", "0")
        self.container = os.environ.get("ECSLAB_CONTAINER_NAME") or os.environ.get("HOSTNAME", "-")
        task = os.environ.get("ECSLAB_TASK_ARN", "-").rsplit("/", 1)[-1]
        hello = f"Hello from web version {self.version}, task {task}, container {self.container}\n"
        self.pages: dict[str, Callable[[Options], Answer]] = {
            "/": lambda query: (200, hello),
            "/json": self.about,
            "/health": lambda query: (200, "healthy\n") if self.healthy else (503, "unhealthy\n"),
            "/health/ok": lambda query: self.set_health(True),
            "/health/fail": lambda query: self.set_health(False),
            "/exit": self.exit,
            "/burn": lambda query: self.take_time(spend_cpu, "burned", query),
            "/slow": lambda query: self.take_time(pause, "slept", query),
            "/hog": self.hog,
            "/fetch": self.fetch,
            "/env": self.variable,
            "/aws": self.aws,
        }

    def answer(self, target: str) -> Answer:
        """(status, body) for a request's path and query."""
        from urllib.parse import parse_qsl, urlsplit

        parts = urlsplit(target)
        self.hits += 1
        if parts.path.startswith("/aws/"):
            return self.aws(dict(parse_qsl(parts.query)), parts.path)
        page = self.pages.get(parts.path)
        if page is None:
            return 404, f"nothing here; try {' '.join(self.pages)}\n"
        try:
            return page(dict(parse_qsl(parts.query)))
        except ValueError as problem:
            return 400, f"{problem}\n"

    def about(self, query: Options) -> Answer:
        """The facts as JSON; of the environment the names only."""
        import json

        facts = {
            "version": self.version,
            "container": self.container,
            "task": os.environ.get("ECSLAB_TASK_ARN"),
            "address": self.address,
            "port": self.port,
            "hits": self.hits,
            "environment": sorted(self.environment),
        }
        return 200, json.dumps(facts) + "\n"

    def set_health(self, healthy: bool) -> Answer:
        self.healthy = healthy
        return 200, f"from now on {'healthy' if healthy else 'unhealthy'}\n"

    def exit(self, query: Options) -> Answer:
        self.leave = int(query.get("code", "0"))
        return 200, f"exiting with code {self.leave}\n"

    def take_time(self, spend: Callable[[float], int], word: str, query: Options) -> Answer:
        seconds = float(query.get("seconds", "1"))
        spend(seconds)
        return 200, f"{word} {seconds:g} s\n"

    def hog(self, query: Options) -> Answer:
        mib = int(query.get("mb", "64"))
        take_memory(mib)
        return 200, f"holding {mib} MiB more\n"

    def fetch(self, query: Options) -> Answer:
        """GET a URL from inside: its status on the first line, then its body."""
        try:
            status, body = dial.get(query.get("url", ""))
        except (OSError, ValueError) as error:
            return 502, f"could not fetch: {error}\n"
        return 200, f"{status}\n{body}"

    def variable(self, query: Options) -> Answer:
        name = query.get("name", "")
        known = self.environment.get(name)
        return (404, f"no variable {name} here\n") if known is None else (200, f"{known}\n")

    def aws(self, query: Options, path: str = "") -> Answer:
        """What AWS answers to /aws/<service>/<operation>?Name=value, asked by boto3."""
        answered: Answer = sibling("sdk").page(path, query)
        return answered


def handler_for(site: Site) -> Any:
    """The request handler of a site."""
    from http.server import BaseHTTPRequestHandler

    class Handler(BaseHTTPRequestHandler):
        timeout = 65

        def do_GET(self) -> None:
            site.address = self.connection.getsockname()[0]
            status, body = site.answer(self.path)
            kind = "application/json" if self.path.startswith(("/json", "/aws")) else "text/plain; charset=utf-8"
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())
            except OSError:
                status = 499
            say(f'{self.client_address[0]} "{self.command} {self.path}" {status}')
            if site.leave is not None:
                os._exit(site.leave)

        def log_message(self, format: str, *args: object) -> None:
            pass  # the one line has been written

    return Handler


def serve(words: list[str], options: Options) -> int:
    """Answer HTTP until SIGTERM, then finish what has begun."""
    import select
    import socket
    from http.server import ThreadingHTTPServer

    stopping: list[int] = []
    wake, signalled = socket.socketpair()
    signalled.setblocking(False)
    signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    site = Site(web_port(options))
    ThreadingHTTPServer.daemon_threads, ThreadingHTTPServer.request_queue_size = False, 128
    try:
        server = ThreadingHTTPServer((dial.address(), dial.shifted(site.port)), handler_for(site))
    except OSError as error:
        say(f"cannot listen on port {site.port}: {error.strerror}")
        return 1
    say(f"listening on port {site.port}, version {site.version}")
    while not stopping:
        ready, _, _ = select.select([server.socket, wake], [], [])
        if server.socket in ready:
            server.handle_request()
    say("finishing")
    server.server_close()
    return 0


# The other steps: each gets its words and options, and gives an exit code


def work(words: list[str], options: Options) -> int:
    every = float(options.get("every", "1"))
    try:
        for item in itertools.count(1):
            pause(every)
            say(f"worked item {item}")
    except Terminated:
        say("finishing")
        pause(float(os.environ.get("FINISH") or "0"))
    return 0


def leave(words: list[str], options: Options) -> int:
    code = int(words[0])
    pause(float(options.get("after", "0")))
    say(f"exiting with code {code}")
    return code


def hog(words: list[str], options: Options) -> int:
    mib = int(words[0])
    pause(float(options.get("after", "0")))
    say(f"taking {mib} MiB")
    take_memory(mib)
    say(f"holding {mib} MiB")
    return pause(float("inf"))


def log(words: list[str], options: Options) -> int:
    for line in range(1, int(words[0]) + 1):
        say(f"line {line}")
        pause(float(options.get("every", "0")))
    return 0


def stubborn(words: list[str], options: Options) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("ignoring SIGTERM")
    return pause(float("inf"))


def fetch(words: list[str], options: Options) -> int:
    for left in range(int(options.get("retries", "0")), -1, -1):
        try:
            status, body = dial.get(words[0])
            say(f"{status} {body.rstrip()}")
            if status < 400:
                return 0
        except (OSError, ValueError) as error:
            say(f"could not fetch {words[0]}: {error}")
        pause(1 if left else 0)
    return 1


def health(words: list[str], options: Options) -> int:
    try:
        status, body = dial.get(f"http://127.0.0.1:{web_port(options)}/health", timeout=4.0)
    except OSError as error:
        status, body = 0, f"no answer: {error}"
    say(body.rstrip())
    return 0 if status == 200 else 1


def aws(words: list[str], options: Options) -> int:
    code, text = sibling("sdk").command(words)
    say(text)
    return int(code)


def explain(words: list[str], options: Options) -> int:
    say(HELP)
    return 0


ANY = -1
STEPS: dict[str, tuple[Callable[[list[str], Options], int], int, str]] = {
    "serve": (serve, 0, "port"),
    "work": (work, 0, "every"),
    "sleep": (lambda words, _: pause(float(words[0])), 1, ""),
    "exit": (leave, 1, "after"),
    "hog": (hog, 1, "after"),
    "burn": (lambda words, _: keep_busy(float(words[0])), 1, ""),
    "log": (log, 1, "every"),
    "stubborn": (stubborn, 0, ""),
    "fetch": (fetch, 1, "retries"),
    "health": (health, 0, "port"),
    "aws": (aws, ANY, ""),
    "help": (explain, 0, ""),
}
"""Each step: what does it, how many words it needs, and the one option it knows."""


def run_step(words: Sequence[str]) -> int:
    """One step; its exit code. ValueError."""
    name, given = (words[0], list(words[1:])) if words else ("", [])
    if name not in STEPS:
        raise ValueError(f"'{name}' is not understood")
    step, wanted, known = STEPS[name]
    positional: list[str] = []
    options: Options = {}
    while given:
        word = given.pop(0)
        option, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            positional.append(word)
        elif not known or option != known or not (equals or given):
            raise ValueError(f"{name}: '{word}' is not understood")
        else:
            options[option] = value if equals else given.pop(0)
    if wanted not in (ANY, len(positional)):
        raise ValueError(f"{name}: {wanted} words are needed, {len(positional)} are given")
    return step(positional, options)


def terminated(*_: object) -> None:
    """SIGTERM: leave whatever is going on."""
    raise Terminated


def main(words: Sequence[str]) -> int:
    """Run the steps between ``then`` while they end with 0; the last exit code."""
    signal.signal(signal.SIGTERM, terminated)
    steps: list[list[str]] = [[]]
    for word in words or ["help"]:
        steps.append([]) if word == "then" else steps[-1].append(word)
    try:
        codes = (run_step(step) for step in steps)
        return next((code for code in codes if code), 0)
    except ValueError as problem:
        say(f"app: {problem}; try: app help")
        return 2
    except Terminated:
        return 128 + signal.SIGTERM


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
