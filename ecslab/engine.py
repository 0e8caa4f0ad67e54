"""The connection to a Docker engine: shared by the docker runtime, its fabric and the image builder.

It carries what they have in common: the client, the labels by which everything of a lab is found again, and
the translation of the engine's errors. It creates nothing. Invariant: no error of the engine's SDK leaves
``translated``.
"""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import docker
import psutil
import requests
import urllib3
from docker.errors import APIError, DockerException, NotFound

from ecslab.errors import ContainerRuntimeError, TaskError
from ecslab.model.labels import LABEL_LAB, LABEL_OWNER

TIMEOUT = 120.0
"""Real seconds for one call to the engine; pulling takes as long as it takes."""
CONNECTIONS = 64
AT_ONCE = 8
"""How many things are removed at a time."""
LOST = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)
"""What the SDK throws when the engine goes away: while it is asked, and while it answers."""


def connect(timeout: float = TIMEOUT) -> Any:
    """A client of the engine that the environment (or Docker's current context) names. ContainerRuntimeError."""
    try:
        return docker.from_env(timeout=timeout, max_pool_size=CONNECTIONS)
    except (DockerException, *LOST) as failed:
        raise _gone(failed) from failed


def _gone(failed: Exception) -> ContainerRuntimeError:
    return ContainerRuntimeError(
        f"the Docker engine does not answer ({type(failed).__name__}). Is Docker still running?"
    )


def reachable(info: Mapping[str, Any]) -> bool:
    """Whether a container's own address can be dialled from this machine: not where the engine is in a machine of
    its own (Docker Desktop, any engine on macOS or Windows) or without privileges (rootless)."""
    elsewhere = "Desktop" in str(info.get("OperatingSystem")) or os.environ.get("DOCKER_HOST", "").startswith("tcp")
    rootless = any("rootless" in option for option in info.get("SecurityOptions") or ())
    return platform.system() == "Linux" and not elsewhere and not rootless


def owner() -> str:
    """The label by which a living owner is told from a dead one: ``pid:create time:machine``."""
    return f"{os.getpid()}:{psutil.Process().create_time():.2f}:{socket.gethostname()}"


def owner_lives(label: str) -> bool:
    """Whether the process that a LABEL_OWNER names is alive; one of another machine cannot be seen and may be."""
    pid, started, machine = (*label.split(":", 2), "", "")[:3]
    if machine and machine != socket.gethostname():
        return True
    try:
        return bool(abs(psutil.Process(int(pid)).create_time() - float(started)) < 1)
    except (ValueError, psutil.NoSuchProcess):
        return False


@contextmanager
def translated(kind: Callable[[str], TaskError]) -> Iterator[None]:
    """Engine errors as a TaskError of ``kind``; an engine that is gone as ContainerRuntimeError."""
    try:
        yield
    except APIError as refused:
        raise kind(refused.explanation or str(refused)) from None
    except LOST as lost:
        raise _gone(lost) from None
    except DockerException as failed:
        raise kind(str(failed)) from None


def mine(lab_id: str) -> dict[str, str]:
    """The labels of whatever this process creates for a lab."""
    return {LABEL_LAB: lab_id, LABEL_OWNER: owner()}


def quietly(call: Callable[[], Any]) -> None:
    """Do what may have been done already, or is being done by the engine."""
    try:
        call()
    except NotFound:
        return
    except APIError as refused:
        if refused.status_code != 409:
            raise


def remove_containers(api: Any, container_ids: Iterable[str]) -> None:
    """Kill and delete containers with their nameless volumes, several at once."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ecslab-remove") as pool:
        for _ in pool.map(
            lambda c: quietly(lambda: api.remove_container(c, v=True, force=True)),
            tuple(container_ids),
        ):
            pass
