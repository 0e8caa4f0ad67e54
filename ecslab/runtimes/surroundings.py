"""What a simulated container has around it: the network it dials, and what it asks when a step of its command ends.

A ``Surroundings`` is the ``Outside`` of one container. It opens no socket: the fabric says where a connection ends
(``Reach``), the runtime who answers there (``Ask``). Invariant: it answers in the words of the real program
(``images/dial.py``), and nothing waits.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ecslab.images.behaviour import Behaviour
from ecslab.images.sdk import failure
from ecslab.images.website import Outside
from ecslab.model.network import Reached

Reach = Callable[[str, str, int], Reached]
"""(namespace, host, port) → where the connection ends; OSError as Linux gives it."""
Ask = Callable[[Reached, str], tuple[int, str]]
"""(where, path) → (status, body); OSError when nothing listens there."""
Agent = Callable[[str], tuple[int, str]]
"""path → (status, body) of the agent's own endpoint; OSError where it cannot be reached."""
Aws = Callable[[str, str, Mapping[str, str], Mapping[str, str]], tuple[int, str]]
"""(service, operation, parameters, environment) → (status, body), as ``images.sdk`` gives it."""
AGENT = "169.254.170.2"


def nowhere(namespace: str, host: str, port: int) -> Reached:
    """The reach of a runtime that has no network."""
    raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


def no_agent(path: str) -> tuple[int, str]:
    """Where there is no agent to be reached."""
    raise OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))


def no_aws(
    service: str, operation: str, parameters: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[int, str]:
    """What an SDK without credentials gives."""
    return failure(401, "NoCredentials", "Unable to locate credentials")


def refused() -> OSError:
    """The address exists and nobody listens."""
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The outside of one container, by its namespace."""

    namespace: str
    reach: Reach
    ask: Ask
    agent: Agent = no_agent
    call: Aws = no_aws

    def fetch(self, url: str) -> tuple[int, str]:
        """GET: (status, body), as ``dial.get``. ValueError for what is no http:// URL, OSError without an answer."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"only http:// URLs can be fetched, not '{url}'")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if parts.hostname == AGENT and parts.port in (None, 80):
            return self.agent(path)
        reached = self.reach(self.namespace, parts.hostname, parts.port or 80)
        return self.ask(reached, path)

    def aws(
        self, service: str, operation: str, parameters: Mapping[str, str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """An SDK's call, signed with what the environment says."""
        return self.call(service, operation, parameters, environment)


def outcome(does: Behaviour, outside: Outside, environment: Mapping[str, str]) -> tuple[int, str]:
    """(exit code, line) of what a step asks of the outside: ``app fetch URL``, ``app aws SERVICE OPERATION``."""
    if does.call:
        service, operation, *pairs = does.call
        given = dict(pair.partition("=")[::2] for pair in pairs)
        status, body = outside.aws(service, operation, given, environment)
        return int(status != 200), body.rstrip("\n")
    try:
        status, body = outside.fetch(does.fetch)
    except (OSError, ValueError) as error:
        return 1, f"could not fetch {does.fetch}: {error}"
    return int(status >= 400), f"{status} {body.rstrip()}"
