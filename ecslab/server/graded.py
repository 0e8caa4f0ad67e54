"""The door to a lab that is being graded: the learner's part of its API and nothing else, every request on a tape.

Between the program of a stranger and ``FrontDoor``. It decides no points (the checks do, on the other side of it).
Invariants: what may change the account's rules from outside (``/moto-api``, reset, solutions, services that could
reach out of the lab) is refused; requests are answered one at a time, and none while somebody looks (``still``);
the tape, played into a new lab of the same seed, leads to the same state.
"""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ecslab.server.http import PREFIX
from ecslab.server.loop import Environ, LoopServer, StartResponse

Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]


def _words(text: str) -> list[str]:
    return text.split()


SERVICES = frozenset(
    _words(
        "application-autoscaling autoscaling cloudformation cloudtrail codedeploy ec2 ecr ecs elasticloadbalancing "
        "events iam kms logs monitoring pricing resource-groups route53 s3 scheduler secretsmanager servicediscovery "
        "sns sqs ssm sts tagging xray"
    )
)
"""Signing names of the services a graded lab answers. Those that run code or send requests elsewhere are not among
them (lambda, batch, codebuild, apigateway, firehose …)."""
_LOOKING = "status variant state journal logs why time questions pretended iam/denied loads rollout scaling"
_ACTING = "lint curl instances agents faults interruptions spot hooks exec time iam iam/keys loads loads/stop"
_ASKING = "answers check hint"
ROUTES = frozenset(
    {("GET", name) for name in _words(_LOOKING)} | {("POST", name) for name in _words(f"{_ACTING} {_ASKING}")}
)
_SCOPE = re.compile(r"Credential=[^/,\s]+/[^/,\s]+/[^/,\s]*/([a-z0-9-]+)/aws4_request")
_KEPT = ("CONTENT_TYPE", "HTTP_AUTHORIZATION", "HTTP_HOST", "HTTP_X_AMZ_TARGET", "HTTP_X_AMZ_SECURITY_TOKEN")
_ABSENT = "While a notebook is graded nobody looks before its score cell does."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may ask for. ``lab_seconds`` is how far it may move virtual time, all in all."""

    requests: int = 20_000
    body: int = 1 << 20
    lab_seconds: float = 14 * 86_400.0
    one_advance: float = 86_400.0
    tape: int = 32 << 20


@dataclass(slots=True)
class Tape:
    """What was asked, in order. ``entries`` are JSON objects: requests, and the questions whose score was taken."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0

    def request(self, environ: Environ, body: bytes) -> None:
        """Keep one request: method, path, query, the headers that count, the body."""
        kept = {name: environ[name] for name in _KEPT if environ.get(name)}
        entry = {
            "method": environ["REQUEST_METHOD"],
            "path": environ.get("PATH_INFO", ""),
            "query": environ.get("QUERY_STRING", ""),
            "headers": kept,
            **_written(body),
        }
        self.size += len(body) + 400
        self.entries.append(entry)

    def score(self, question: str) -> None:
        """Keep that the score of a question was taken here."""
        self.entries.append({"score": question})


def replayed(entry: Mapping[str, Any]) -> Environ:
    """The WSGI request of one tape entry."""
    body = base64.b64decode(entry["bytes"]) if "bytes" in entry else entry["body"].encode()
    return {
        "REQUEST_METHOD": entry["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": entry["path"],
        "QUERY_STRING": entry["query"],
        "RAW_URI": _uri(entry),
        "REQUEST_URI": _uri(entry),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
        **entry["headers"],
    }


class GradedDoor:
    """The WSGI application a graded program talks to."""

    def __init__(self, door: Wsgi, tape: Tape, limits: Limits | None = None) -> None:
        self._door = door
        self._tape = tape
        self.limits = limits or Limits()
        """What the program may ask for."""
        self._one = threading.RLock()
        self._moved = 0.0
        self.refused: dict[str, int] = {}
        """How often what was refused, for the report."""

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is answered meanwhile."""
        with self._one:
            yield

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = self._body(environ)
        if body is None:
            return self._refuse(start_response, "too large", "The request is too large or says no length.")
        with self._one:
            wrong = self._objection(environ, body)
            if wrong is not None:
                return self._refuse(start_response, *wrong)
            if environ["PATH_INFO"] == PREFIX + "check":
                return _json(start_response, 200, _unchecked(body))
            environ["wsgi.input"] = io.BytesIO(body)
            self._tape.request(environ, body)
            return list(self._door(environ, start_response))

    def _body(self, environ: Environ) -> bytes | None:
        text = environ.get("CONTENT_LENGTH") or "0"
        if environ.get("HTTP_TRANSFER_ENCODING") or not text.isdigit() or int(text) > self.limits.body:
            return None
        return bytes(environ["wsgi.input"].read(int(text)))

    def _objection(self, environ: Environ, body: bytes) -> tuple[str, str] | None:
        """(what, why) this request is refused; None where it may pass."""
        if len(self._tape.entries) >= self.limits.requests or self._tape.size >= self.limits.tape:
            return "too many requests", f"A graded notebook may send {self.limits.requests} requests."
        path = environ.get("PATH_INFO", "")
        if path.startswith(PREFIX):
            return self._own(environ, path.removeprefix(PREFIX), body)
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if path.startswith("/moto-api") or scope is None:
            return "unsigned", "A graded lab answers requests that are signed for a service of AWS, and nothing else."
        if scope[1] not in SERVICES:
            return scope[1], f"A graded lab does not answer {scope[1]}: it has {', '.join(sorted(SERVICES))}."
        if scope[1] == "sns" and b"Subscribe" in body and b"Protocol=http" in body:
            return "sns", "A graded lab sends nothing to addresses outside. Subscribe a queue."
        return None

    def _own(self, environ: Environ, route: str, body: bytes) -> tuple[str, str] | None:
        if route.startswith("at/") and environ["REQUEST_METHOD"] == "GET":
            return None
        if (environ["REQUEST_METHOD"], route) not in ROUTES:
            return route[:40], f"'{route[:40]}' is not for graded notebooks. Leave it out before you hand in."
        if (environ["REQUEST_METHOD"], route) == ("POST", "time"):
            return self._time(body)
        return None

    def _time(self, body: bytes) -> tuple[str, str] | None:
        try:
            seconds = float(json.loads(body or b"{}").get("advance") or 0)
        except (ValueError, AttributeError, TypeError, RecursionError):
            return "time", "The clock is moved by a number of seconds."
        limits = self.limits
        if not 0 <= seconds <= limits.one_advance or self._moved + seconds > limits.lab_seconds:
            return "time", f"A graded notebook may move the clock by {limits.lab_seconds / 86_400:g} days in all."
        self._moved += seconds
        return None

    def _refuse(self, start_response: StartResponse, what: str, why: str) -> list[bytes]:
        self.refused[what] = self.refused.get(what, 0) + 1
        problem = {"__type": "AccessDeniedException", "error": "LabError", "message": why, "hint": ""}
        return _json(start_response, 400, problem)


def served(listening: socket.socket, door: GradedDoor) -> LoopServer:
    """A server for ``door``, not yet begun."""
    return LoopServer(listening, door, most=door.limits.body)


def _unchecked(body: bytes) -> dict[str, Any]:
    """What ``lab.check`` hears: neither right nor wrong."""
    try:
        number = str(json.loads(body or b"{}").get("question") or "")[:20]
    except (ValueError, AttributeError, RecursionError):
        number = ""
    return {
        "question": number,
        "title": "",
        "outcome": "not_attempted",
        "score": 0.0,
        "points": 0.0,
        "findings": [],
        "message": _ABSENT,
    }


def _written(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"bytes": base64.b64encode(body).decode()}


def _uri(entry: Mapping[str, Any]) -> str:
    return str(entry["path"]) + (f"?{entry['query']}" if entry["query"] else "")


def _json(start_response: StartResponse, status: int, body: Any) -> list[bytes]:
    data = json.dumps(body).encode()
    kind = ("x-amzn-errortype", "AccessDeniedException")
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    start_response(
        f"{status} {'OK' if status == 200 else 'Bad Request'}", headers if status == 200 else [*headers, kind]
    )
    return [data]
