"""The agent's door: a loopback port of its own on which ``agent.endpoint`` answers, with the agent's rate limit.

On docker the doorway container carries 169.254.170.2:80 of every task here; on the process runtime containers dial it.
Invariant: GET and PUT only, and nothing of the lab's own API is behind it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from ecslab.agent.endpoint import Answer
from ecslab.server.http import Environ, StartResponse
from ecslab.timeline import real_monotonic

RATE, BURST = 40.0, 60.0
"""Requests a second in the long run, and at once (facts: endpoints.metadata_v4.rps)."""
MOST_CALLERS = 10_000
MOST_BODY = 64 * 1024
REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
}


class AgentDoor:
    """The WSGI application. ``answer``: the endpoint of the lab that is open now."""

    def __init__(self, answer: Callable[[str, str, str], Answer]) -> None:
        self._answer = answer
        self._buckets: dict[str, tuple[float, float]] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "PUT"):
            found = _problem(405, "MethodNotAllowed", "The agent's endpoint is read with GET; protection is PUT.")
        elif not self._admits(path, real_monotonic()):
            found = _problem(429, "TooManyRequests", f"Rate exceeded: {RATE:g} requests a second, {BURST:g} at once.")
        else:
            found = self._answer(path, method, _read(environ) if method == "PUT" else "")
        body = found.body.encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{found.status} {REASONS.get(found.status, 'Service Unavailable')}", headers)
        return [body]

    def _admits(self, path: str, now: float) -> bool:
        """A token bucket for each id in a path (an instance's agent has one for each of its containers)."""
        who = "/".join(path.split("/")[:4])
        tokens, at = self._buckets.get(who, (BURST, now))
        tokens = min(BURST, tokens + (now - at) * RATE)
        if len(self._buckets) >= MOST_CALLERS:
            self._buckets.clear()
        self._buckets[who] = (tokens - 1 if tokens >= 1 else tokens, now)
        return tokens >= 1


def _read(environ: Environ) -> str:
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length), MOST_BODY) if length.isdigit() else 0
    return bytes(environ["wsgi.input"].read(size)).decode("utf-8", "replace")


def _problem(status: int, code: str, message: str) -> Answer:
    return Answer(status=status, body=json.dumps({"code": code, "message": message}))
