"""The front door: one loopback port for AWS's API (moto's dispatcher) and the lab's own (``/_ecslab``)."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from ecslab.aws.iam.gate import start
from ecslab.errors import ApiError, EcslabError, LabError, PortTaken, TimeError
from ecslab.server.api import LabApi
from ecslab.server.at import ROUTE
from ecslab.timeline import Timeline, VirtualTimeline

PREFIX = "/_ecslab/"
REQUEST_COSTS = 1.0
"""Virtual seconds that pass before each AWS request is answered.

On virtual time nothing moves by itself; a program that polls the API (boto3's waiters, a loop of a learner)
would wait for ever. A call takes time, and here it takes exactly this much, so such programs end and stay
deterministic. Requests made by a check cost nothing.
"""

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
_MOST_BODY = 1 << 20
NOBODY = ("X-Ecslab-Nobody", "true")
"""Said where no task answered: a container that was relayed here then sees no answer, as anywhere."""
REASONS = {200: "OK", 502: "Bad Gateway", 503: "Service Unavailable"}


class Handler(MotoRequestHandler):  # type: ignore[misc]
    """Speaks HTTP/1.1, sends at once, and logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: what matters is in the journal."""

    def log(self, *args: Any, **kwargs: Any) -> None:
        """Nothing."""


class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
    """moto's, which remembers which service a host is: it would list the folders of its package for every request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._known = lru_cache(maxsize=256)(super().get_backend_for_host)

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service that answers for a host."""
        return self._known(host)


class FrontDoor:
    """The WSGI application of a lab server."""

    def __init__(self, api: LabApi, timeline: Timeline, after_ec2: Callable[[], None]) -> None:
        self._api = api
        self._timeline = timeline
        self._after_ec2 = after_ec2
        self._aws = Dispatcher()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(PREFIX + ROUTE):
            return self._at(environ, path.removeprefix(PREFIX + ROUTE), start_response)
        if path.startswith(PREFIX):
            return self._own(environ, path.removeprefix(PREFIX), start_response)
        if isinstance(self._timeline, VirtualTimeline) and not self._api.checking:
            self._timeline.advance(REQUEST_COSTS)
        return self.aws(environ, start_response)

    def aws(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request of AWS's API, in no lab time."""
        with self._timeline.lock:
            refusal = self._api.gate.check(environ)
        if refusal is not None:
            status, headers, body = start(refusal)
            start_response(status, headers)
            return body
        app = self._aws.get_application(environ)
        try:
            with self._timeline.lock:
                answer: Iterable[bytes] = list(app(environ, start_response))
        except NotImplementedError as lacking:
            return _json(
                start_response, 501, _problem(LabError(f"{lacking}.", "Neither moto nor this lab has it yet."))
            )
        if "/ec2/" in environ.get("HTTP_AUTHORIZATION", "") or "/autoscaling/" in environ.get("HTTP_AUTHORIZATION", ""):
            self._after_ec2()
        return answer

    def _at(self, environ: Environ, target: str, start_response: StartResponse) -> Iterable[bytes]:
        """What a task of the lab answers, as it answers it."""
        query = environ.get("QUERY_STRING", "")
        try:
            page = self._api.at(f"{target}?{query}" if query else target)
        except EcslabError as problem:
            return _json(start_response, 404, _problem(problem), NOBODY)
        data = page.body.encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(data)))]
        headers += [NOBODY] if page.nobody else []
        start_response(f"{page.status} {REASONS.get(page.status, 'Answered')}", headers)
        return [data]

    def _own(self, environ: Environ, route: str, start_response: StartResponse) -> Iterable[bytes]:
        try:
            request = _read(environ)
            return _json(start_response, 200, self._api.handle(environ["REQUEST_METHOD"], route, request))
        except EcslabError as problem:
            return _json(start_response, _status(problem), _problem(problem))
        except Exception as bug:
            found = LabError(f"The lab failed on {route}: {bug!r}.", "This is a bug of the lab; please report it.")
            return _json(start_response, 500, _problem(found))


def _read(environ: Environ) -> Mapping[str, Any]:
    if environ["REQUEST_METHOD"] == "GET":
        return dict(parse_qsl(environ.get("QUERY_STRING", "")))
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > _MOST_BODY:
        raise LabError("The request is too large.", "Send at most 1 MiB.")
    try:
        request = json.loads(environ["wsgi.input"].read(length) or b"{}")
    except ValueError:
        raise LabError("The request is not JSON.", "Send a JSON object.") from None
    if not isinstance(request, dict):
        raise LabError("The request is not a JSON object.", "Send a JSON object.")
    return request


def _status(problem: EcslabError) -> int:
    return 409 if isinstance(problem, TimeError) else 400


def _problem(problem: EcslabError) -> dict[str, str]:
    name = problem.code if isinstance(problem, ApiError) else type(problem).__name__
    message = getattr(problem, "message", str(problem))
    return {"error": name, "message": message, "hint": getattr(problem, "hint", "")}


def _json(start_response: StartResponse, status: int, body: Any, *more: tuple[str, str]) -> list[bytes]:
    data = json.dumps(body, default=str).encode()
    reason = {200: "OK", 400: "Bad Request", 409: "Conflict", 500: "Internal Server Error"}.get(status, "Error")
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data))), *more]
    start_response(f"{status} {reason}", headers)
    return [data]


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; PortTaken where the port is somebody else's."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
        found.listen(128)
    except OSError as taken:
        found.close()
        raise PortTaken(
            f"Port {port} of 127.0.0.1 cannot be had ({taken.strerror}).",
            "Choose another with --port, or --port 0 for any free one.",
        ) from None
    return found


def bind(listening: socket.socket, door: Callable[[Environ, StartResponse], Iterable[bytes]]) -> BaseWSGIServer:
    """A threaded server on a listening socket."""
    port = listening.getsockname()[1]
    server = make_server("127.0.0.1", port, door, True, request_handler=Handler, fd=listening.fileno())
    server.daemon_threads = True
    return server
