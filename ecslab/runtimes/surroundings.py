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


def nowhere(namespace: str, host: str, port: int) -> Reached:
    """The reach of a runtime that has no network."""
    raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


def refused() -> OSError:
    """The address exists and nobody listens."""
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The outside of one container, by its namespace."""

    namespace: str
    reach: Reach
    ask: Ask

    def fetch(self, url: str) -> tuple[int, str]:
        """GET: (status, body), as ``dial.get``. ValueError for what is no http:// URL, OSError without an answer."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"only http:// URLs can be fetched, not '{url}'")
        reached = self.reach(self.namespace, parts.hostname, parts.port or 80)
        return self.ask(reached, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))

    def aws(
        self, service: str, operation: str, parameters: Mapping[str, str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """What an SDK without credentials gives."""
        return failure(401, "NoCredentials", "Unable to locate credentials")


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
