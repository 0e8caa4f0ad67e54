"""AWS as a simulated container reaches it: an unmodified boto3 in this process, signed with the task's credentials.

The request goes through the front door like any other, on the same thread and in no lab time. Invariant: nothing of
this process's own environment or configuration is used to sign.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ecslab.agent.endpoint import Answer
from ecslab.images import sdk
from ecslab.server.http import Environ, StartResponse

Door = Callable[[Environ, StartResponse], Any]
RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
MOST_CLIENTS = 64


class SimulatedSdk:
    """boto3 for all simulated containers of a lab."""

    def __init__(self, door: Door, agent: Callable[[str], Answer]) -> None:
        self._door = door
        self._agent = agent
        self._session: Any = None
        self._clients: dict[tuple[str, str, str], Any] = {}

    def call(
        self, service: str, operation: str, given: Mapping[str, str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """(status, body) of ``service.operation(**given)``, as the image's own program gives it."""
        if not environment.get("AWS_ENDPOINT_URL"):
            return sdk.failure(502, "EndpointConnection", "Could not connect to AWS: this container has no network.")
        keys = self._keys(environment)
        if keys is None:
            return sdk.failure(401, "NoCredentials", sdk.NO_CREDENTIALS)
        region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
        endpoint = environment["AWS_ENDPOINT_URL"]
        return sdk.call(_Session(lambda name: self._client(name, region, endpoint, keys)), service, operation, given)

    def _keys(self, environment: Mapping[str, str]) -> tuple[str, str, str] | None:
        """As boto3 looks for them: the environment's own, then the agent's."""
        if environment.get(KEYS[0]) and environment.get(KEYS[1]):
            return environment[KEYS[0]], environment[KEYS[1]], environment.get(KEYS[2], "")
        if not environment.get(RELATIVE):
            return None
        answer = self._agent(environment[RELATIVE])
        if answer.status != 200:
            return None
        found = json.loads(answer.body)
        return found["AccessKeyId"], found["SecretAccessKey"], found["Token"]

    def _client(self, service: str, region: str, endpoint: str, keys: tuple[str, str, str]) -> Any:
        known = self._clients.get((service, region, keys[0]))
        if known is not None:
            return known
        from botocore.config import Config
        from botocore.session import Session

        if self._session is None:
            self._session = Session(profile=None)
            self._session.set_config_variable("config_file", "")
            self._session.set_config_variable("credentials_file", "")
        client = self._session.create_client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2] or None,
            config=Config(retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"}),
        )
        client.meta.events.register("before-send.*.*", through(self._door))
        if len(self._clients) >= MOST_CLIENTS:
            self._clients.clear()
        self._clients[service, region, keys[0]] = client
        return client


def through(door: Door) -> Callable[..., Any]:
    """A handler of botocore's ``before-send``: instead of over a socket the request goes through ``door``."""

    def send(request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        told: list[Any] = []
        body = b"".join(door(_environ(request), lambda status, headers: told.append((status, headers))))
        status, headers = told[0]
        return AWSResponse(request.url, int(status.split()[0]), dict(headers), _Raw(body))

    return send


class _Session:
    """The part of boto3's session that ``sdk.call`` uses."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._make = client

    def client(self, name: str) -> Any:
        """A client of one service."""
        return self._make(name)


class _Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, amt: int = 1 << 16, **_: Any) -> Any:
        """Piece by piece."""
        while piece := self.read(amt):
            yield piece


def _environ(request: Any) -> Environ:
    parts = urlsplit(request.url)
    body = request.body or b""
    data = body.read() if hasattr(body, "read") else body.encode() if isinstance(body, str) else bytes(body)
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _unquoted(parts.path or "/"),
        "RAW_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "REQUEST_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(data)),
        "HTTP_HOST": parts.netloc,
    }
    for name, value in request.headers.items():
        text = value.decode() if isinstance(value, bytes) else str(value)
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    return environ


def _unquoted(path: str) -> str:
    """WSGI's PATH_INFO: percent-decoded bytes, each as one Latin-1 character (PEP 3333)."""
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(path).decode("latin-1")
