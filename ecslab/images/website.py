"""What ``serve`` answers, without a socket: the pages of the program as the simulated runtime gives them. Pure.

It keeps the little state a site has (hits, health). What lies outside the container (other tasks, AWS) it asks of its
``Outside``. Invariant: it answers what the real program answers; only what takes real time takes none here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from ecslab.images.sdk import NO_BOTO3, USAGE, failure, has_sdk, wanted

PAGES = "/ /json /health /health/ok /health/fail /exit /burn /slow /hog /fetch /env /aws"


class Outside(Protocol):
    """What a simulated container reaches: given to a Website by whoever runs it. Nothing blocks in real time."""

    def fetch(self, url: str) -> tuple[int, str]: ...

    """GET: (status, body). OSError, its text saying why, when nothing answers."""

    def aws(
        self, service: str, operation: str, parameters: Mapping[str, str], environment: Mapping[str, str]
    ) -> tuple[int, str]: ...

    """(status, body) of an SDK call with the container's credentials: ``sdk.call`` with a session of its own."""


class Nowhere:
    """No outside at all: what a Website has that nobody gave one."""

    def fetch(self, url: str) -> tuple[int, str]:
        """OSError, always."""
        raise OSError("the simulated runtime has no network")

    def aws(
        self, service: str, operation: str, parameters: Mapping[str, str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """What an SDK without credentials gives."""
        return failure(401, "NoCredentials", "Unable to locate credentials")


@dataclass(slots=True, kw_only=True)
class Website:
    """One container's site. ``leave`` is an exit code once it must go; ``hoard`` the MiB it was asked to take."""

    environment: Mapping[str, str]
    container: str = ""
    address: str = ""
    port: int = 80
    foreign: str = ""
    """The image when the program is not the lab's."""
    healthy: bool = True
    hits: int = 0
    hoard: int = 0
    leave: int | None = None
    lines: list[str] = field(default_factory=list)
    outside: Outside = field(default_factory=Nowhere)

    def answer(self, target: str) -> tuple[int, str]:
        """(status, body) for a request's path and query; one line of log for each."""
        self.hits += 1
        status, body = self._page(target)
        self.lines.append(f'{self.address or "127.0.0.1"} "GET {target}" {status}')
        return status, body

    def _page(self, target: str) -> tuple[int, str]:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        if self.foreign:
            return (200, f"A simulated answer of {self.foreign}\n") if self.healthy else (503, "unhealthy\n")
        if parts.path == "/health":
            return (200, "healthy\n") if self.healthy else (503, "unhealthy\n")
        try:
            return self._other_page(parts.path, query)
        except ValueError as problem:
            return 400, f"{problem}\n"

    def _other_page(self, path: str, query: dict[str, str]) -> tuple[int, str]:
        match path:
            case "/":
                return 200, self._hello()
            case "/json":
                return 200, self._facts()
            case "/health/ok" | "/health/fail":
                self.healthy = path.endswith("ok")
                return 200, f"from now on {'healthy' if self.healthy else 'unhealthy'}\n"
            case "/exit":
                self.leave = int(query.get("code", "0"))
                return 200, f"exiting with code {self.leave}\n"
            case "/hog":
                mib = int(query.get("mb", "64"))
                self.hoard += mib
                return 200, f"holding {mib} MiB more\n"
            case "/burn" | "/slow":
                word = "burned" if path == "/burn" else "slept"
                return 200, f"{word} {float(query.get('seconds', '1')):g} s\n"
            case "/fetch":
                return self._fetch(query.get("url", ""))
            case "/env":
                return self._variable(query.get("name", ""))
        if path == "/aws" or path.startswith("/aws/"):
            return self._aws(path, query)
        return 404, f"nothing here; try {PAGES}\n"

    def _fetch(self, url: str) -> tuple[int, str]:
        try:
            status, body = self.outside.fetch(url)
        except (OSError, ValueError) as error:
            return 502, f"could not fetch: {error}\n"
        return 200, f"{status}\n{body}"

    def _variable(self, name: str) -> tuple[int, str]:
        if name not in self.environment:
            return 404, f"no variable {name} here\n"
        return 200, f"{self.environment[name]}\n"

    def _aws(self, path: str, query: Mapping[str, str]) -> tuple[int, str]:
        asked = wanted(path)
        if asked is None:
            return failure(400, "Usage", USAGE)
        if not has_sdk(self.environment):
            return failure(501, "NoBoto3", NO_BOTO3)
        return self.outside.aws(*asked, query, self.environment)

    def _hello(self) -> str:
        task = self.environment.get("ECSLAB_TASK_ARN", "-").rsplit("/", 1)[-1]
        version = self.environment.get("VERSION", "0")
        return f"Hello from web version {version}, task {task}, container {self.container}\n"

    def _facts(self) -> str:
        facts = {
            "version": self.environment.get("VERSION", "0"),
            "container": self.container,
            "task": self.environment.get("ECSLAB_TASK_ARN"),
            "address": self.address,
            "port": self.port,
            "hits": self.hits,
            "environment": sorted(self.environment),
        }
        return json.dumps(facts) + "\n"
