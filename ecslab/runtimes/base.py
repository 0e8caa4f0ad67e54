"""What every runtime is: seven verbs, optional powers, and an honest list of capabilities.

A runtime runs containers. It knows nothing of tasks, services or the API; the agent decides, a runtime
obeys. One conformance suite (``tests/runtimes/test_conformance.py``) runs against all of them.

Contract: verbs may be called from any thread and may block for real I/O, except on the simulated runtime,
which never blocks. Every verb is idempotent. Errors are TaskErrors (``ecslab.errors``); anything the engine
throws is translated where it enters. A runtime labels all it creates with the lab's id and sweeps leftovers
of dead labs in ``open``. A runtime calls ``on_change(container_id)`` (from any thread) when a container
changes by itself; a lost call costs nothing but time, because ``inspect`` tells the whole truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from ecslab.model.network import ContainerWiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A volume in a container: a directory of this machine, or an engine volume when ``source`` has no slash."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """Everything a runtime needs to create one container. Memory in bytes, 0 for no limit."""

    name: str
    image: str
    wiring: ContainerWiring = field(default_factory=ContainerWiring)
    command: tuple[str, ...] | None = None
    entry_point: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    cpu_shares: int = 2
    cpu_limit: float = 0.0
    """Hard limit in vCPUs (task-level cpu); 0 for none."""
    memory: int = 0
    memory_reservation: int = 0
    user: str = ""
    working_directory: str = ""
    read_only: bool = False
    init: bool = False
    privileged: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    """ECS labels plus the definition's ``dockerLabels``."""
    mounts: tuple[Mount, ...] = ()
    ulimits: tuple[tuple[str, int, int], ...] = ()


class Phase(StrEnum):
    """What a container is doing."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A container as it really is. ``exit_code`` is set once EXITED (128+signal for a signal)."""

    phase: Phase
    exit_code: int | None = None
    out_of_memory: bool = False
    error: str = ""
    image_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A container the runtime holds for this lab, found by label (how a restarted agent finds its own)."""

    container_id: str
    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Measured use: ``cpu_seconds`` since start (all cores added), ``memory`` in bytes now.

    ``running_for`` is how long the container has run, in seconds of the clock by which ``cpu_seconds`` are counted:
    real ones where it is real (also on scaled time), the lab's where it is simulated. So Δcpu_seconds ÷ Δrunning_for
    is vCPUs, whatever the time of the lab.
    """

    cpu_seconds: float
    memory: int
    running_for: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretence:
    """Something accepted and shown but not enforced here: what, and why, in words for the learner."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a runtime can do here. ``available`` False means ``reason`` says why and ``remedy`` what to do."""

    name: str
    available: bool
    reason: str
    remedy: str = ""
    enforced: frozenset[str] = frozenset()
    """Names from ``FEATURES`` that really hold."""
    pretended: tuple[Pretence, ...] = ()


FEATURES = (
    "memory limit",
    "cpu shares",
    "task cpu limit",
    "read-only root filesystem",
    "user",
    "network namespace",
    "awsvpc address",
    "privileged ports",
    "any image",
)
"""Everything a Capabilities may enforce; what is not enforced must be in ``pretended``."""


class Runtime(Protocol):
    """The verbs. ``stop(force=False)`` sends the image's stop signal, ``force=True`` SIGKILL; neither waits."""

    name: str
    on_change: Callable[[str], None]

    def probe(self) -> Capabilities: ...
    def open(self) -> None: ...
    def close(self) -> None: ...
    def pull(self, image: str, labels: Mapping[str, str]) -> bool: ...

    """True once the image is here, False while it is on its way (ask again); CannotPullContainerError."""

    def create(self, spec: ContainerSpec) -> str: ...

    """The container's runtime id; a second call with the same name gives the same id. CannotCreateContainerError."""

    def start(self, container_id: str) -> None: ...

    """CannotStartContainerError. Returns once the engine has accepted; ``inspect`` says whether it runs."""

    def stop(self, container_id: str, *, force: bool = False) -> None: ...
    def inspect(self, container_id: str) -> Observed: ...

    """Never raises for an unknown id: Phase.GONE."""

    def remove(self, container_id: str) -> None: ...

    """Kill if need be and delete; nothing happens for an unknown id."""

    def held(self) -> tuple[Held, ...]: ...


@runtime_checkable
class Execs(Protocol):
    """Power: run a command inside a running container (health checks, ECS Exec)."""

    def execute(self, container_id: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        """(exit code, output). Exit code 124 after ``timeout`` real seconds; 126/127 as a shell gives them."""


@runtime_checkable
class Streams(Protocol):
    """Power: hand over output lines as they come."""

    def follow(self, container_id: str, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        """Call ``on_line`` for each line of stdout and stderr, then ``on_end`` once; from any thread."""


@runtime_checkable
class Measures(Protocol):
    """Power: measure what a running container uses."""

    def measure(self, container_id: str) -> Usage: ...


@runtime_checkable
class Bears(Protocol):
    """Power of the simulated runtime, to which no request is ever sent: bear the work that requests would make."""

    def bear(self, container_id: str, vcpus: float) -> float:
        """From now on the container uses so many vCPUs on top of its own; 0 ends it. What its CPU limit lets it use
        of them; 0 for one that does not run."""


@runtime_checkable
class Answers(Protocol):
    """Power of the simulated runtime, which has no sockets: answer an HTTP request a container would have got."""

    def answer(self, container_id: str, port: int, path: str) -> tuple[int, str]:
        """(HTTP status, body); ContainerRuntimeError when nothing listens there."""
