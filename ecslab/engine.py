"""The connection to a Docker engine: shared by the docker runtime, its fabric and the image builder.

It carries what they have in common: the client, the labels by which everything of a lab is found again, and
the translation of the engine's errors. It creates nothing. Invariant: no error of the engine's SDK leaves
``translated``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import docker
import psutil
import requests
from docker.errors import APIError, DockerException, NotFound

from ecslab.errors import ContainerRuntimeError, TaskError
from ecslab.model.labels import LABEL_LAB, LABEL_OWNER

TIMEOUT = 60.0
"""Real seconds for one call to the engine; pulling takes as long as it takes."""
CONNECTIONS = 64


def connect() -> Any:
    """A client of the engine that the environment names. ContainerRuntimeError."""
    with translated(ContainerRuntimeError):
        return docker.from_env(timeout=TIMEOUT, max_pool_size=CONNECTIONS)


def owner() -> str:
    """The label by which a living owner is told from a dead one: ``pid:create time``."""
    return f"{os.getpid()}:{psutil.Process().create_time():.2f}"


def owner_lives(label: str) -> bool:
    """Whether the process that a LABEL_OWNER names is alive."""
    pid, _, started = label.partition(":")
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
    except (requests.exceptions.RequestException, DockerException) as gone:
        raise ContainerRuntimeError(
            f"the Docker engine does not answer ({type(gone).__name__}). Is Docker still running?"
        ) from None


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
