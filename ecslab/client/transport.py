"""One HTTP call to the lab server's own API, JSON in and JSON out, over the standard library alone.

Not a client of AWS's API (that is boto3, unwrapped). Invariant: whatever goes wrong is raised as an error of
``ecslab.errors``; no proxy of the environment is ever asked, for the server listens on loopback.
"""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from ecslab.client.failures import from_server, problem
from ecslab.errors import LabNotRunning

Json = dict[str, Any]
PREFIX = "/_ecslab/"
CALL_SECONDS = 120.0
"""Real seconds after which a call is given up (checks of a lab may take a while)."""


class Transport:
    """Calls of one server."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        parts = urlsplit(endpoint)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80

    def get(self, route: str, /, *, timeout: float = CALL_SECONDS, **query: Any) -> Json:
        """GET ``route``; arguments that are None are left out. The error the server names; LabNotRunning."""
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        return self._call("GET", f"{route}?{asked}" if asked else route, None, timeout)

    def post(self, route: str, /, *, timeout: float = CALL_SECONDS, **body: Any) -> Json:
        """POST ``route`` with a JSON object. The error the server names; LabNotRunning."""
        return self._call("POST", route, json.dumps(body, default=plain).encode(), timeout)

    def _call(self, method: str, route: str, body: bytes | None, timeout: float) -> Json:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        try:
            connection.request(method, PREFIX + route, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text, status = answer.read(), answer.status
        except (OSError, http.client.HTTPException):
            raise self._silent() from None
        finally:
            connection.close()
        return self._read(text, status)

    def _read(self, text: bytes, status: int) -> Json:
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise problem(
                f"What answers at {self.endpoint} is not a lab server.", "Run `ecslab stop`, then ecslab.connect()."
            )
        if status >= 400:
            raise from_server(found)
        return found

    def _silent(self) -> Exception:
        return problem(
            f"The lab server does not answer at {self.endpoint}.", "Run `ecslab up` or ecslab.connect().", LabNotRunning
        )


def plain(value: Any) -> Any:
    """What JSON has no word for, in JSON's words: sets sorted, numbers of numpy as numbers, the rest as text."""
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
