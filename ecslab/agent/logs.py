"""Where the output of containers goes: always into a ring of recent lines, and with ``awslogs`` to the log group.

It follows the runtime, batches lines on the timeline and hands them to the API. It never blocks a container:
what cannot be delivered is dropped and said once in the journal. Invariant: a line reaches a stream at most
once for one Agent object, in the order it came. Stream names: facts, log_drivers (``prefix/container/taskid``,
the container id without a prefix).
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ecslab.agent.api import AgentApi, CountsLogs
from ecslab.errors import EcslabError
from ecslab.journal import Journal
from ecslab.model.definition import ContainerDefinition
from ecslab.model.task import Task
from ecslab.runtimes.base import Runtime, Streams
from ecslab.timeline import Timeline

RING = 2000
"""Lines kept per container."""
KEPT = 400
"""Containers whose lines are kept, the latest ones."""
BATCH = 0.2
"""Lab seconds that lines are gathered before they are delivered."""
AWSLOGS = "awslogs"


@dataclass(slots=True)
class Ring:
    """The latest lines of one container of one task: (lab time, message)."""

    task_id: str
    container: str
    lines: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=RING))


def stream_name(container: ContainerDefinition, task: Task, runtime_id: str) -> str:
    """The awslogs stream of a container; empty when it does not log there or its id is not yet known."""
    log = container.log_configuration
    if log is None or log.log_driver != AWSLOGS:
        return ""
    prefix = log.options.get("awslogs-stream-prefix")
    return f"{prefix}/{container.name}/{task.task_id}" if prefix else runtime_id


class LogBook:
    """The rings of one agent. Lines of stopped tasks stay readable until ``KEPT`` newer containers came."""

    def __init__(self) -> None:
        self._rings: OrderedDict[str, Ring] = OrderedDict()
        self.delivered: dict[str, int] = {}
        """By runtime id: lines delivered when the agent was stopped, while the container goes on."""

    def ring(self, task_id: str, container: str, runtime_id: str) -> Ring:
        """The ring of a container, a fresh one where there is none."""
        if runtime_id in self._rings:
            return self._rings[runtime_id]
        while len(self._rings) >= KEPT:
            self._rings.popitem(last=False)
        ring = self._rings[runtime_id] = Ring(task_id, container)
        return ring

    def output(self, task_id: str, container: str | None = None) -> list[tuple[float, str, str]]:
        """(lab time, container, message) of a task's containers, in order of time."""
        rings = [r for r in self._rings.values() if r.task_id == task_id and container in (None, r.container)]
        return sorted(((at, r.container, text) for r in rings for at, text in r.lines), key=lambda line: line[0])


@dataclass(slots=True, kw_only=True)
class Source:
    """Whose output it is. ``skip`` lines from the first have already been delivered."""

    task: Task
    definition: ContainerDefinition
    runtime_id: str
    skip: int = 0

    @property
    def stream(self) -> str:
        """The awslogs stream, empty for none."""
        return stream_name(self.definition, self.task, self.runtime_id)


class Follower:
    """One container's output, from the runtime's thread to the timeline to the API."""

    def __init__(
        self,
        source: Source,
        ring: Ring,
        *,
        api: AgentApi,
        timeline: Timeline,
        journal: Journal,
        on_end: Callable[[], None],
    ) -> None:
        self._source, self._ring = source, ring
        self._api, self._timeline, self._journal = api, timeline, journal
        self._on_end = on_end
        self._pending: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()
        self._scheduled = False
        self._ended = False
        self._failed = False
        self._closed = False
        self._skip = source.skip
        self._fresh = not ring.lines
        self.delivered = source.skip

    def start(self, runtime: Runtime) -> None:
        """Begin to follow; a runtime without streams ends at once."""
        if isinstance(runtime, Streams):
            runtime.follow(self._source.runtime_id, self.line, self.end)
        else:
            self.end()

    def line(self, text: str) -> None:
        """One line of output, from any thread."""
        with self._lock:
            if self._closed:
                return
            self._pending.append((self._timeline.now(), text.rstrip("\r\n")))
            if self._scheduled:
                return
            self._scheduled = True
        self._timeline.call_later(BATCH, self.flush)

    def end(self) -> None:
        """The output is over, from any thread."""
        self._timeline.call_soon(self._finish)

    def flush(self) -> None:
        """Deliver what has come so far; on the timeline."""
        with self._lock:
            self._scheduled = False
            lines = list(self._pending)
            self._pending.clear()
            if self._closed:
                return
        self._ring.lines.extend(lines if self._fresh else lines[self._skip :])
        fresh, self._skip = lines[self._skip :], max(0, self._skip - len(lines))
        if fresh:
            self._deliver(fresh)

    def close(self) -> None:
        """Deliver what has come and listen no more (the agent dies; the container goes on)."""
        self.flush()
        with self._lock:
            self._closed = True

    def _finish(self) -> None:
        if not self._ended:
            self.flush()
            self._ended = True
            self._on_end()

    def _deliver(self, lines: list[tuple[float, str]]) -> None:
        log, stream = self._source.definition.log_configuration, self._source.stream
        self.delivered += len(lines)
        if log is None or not stream or self._failed:
            return
        try:
            self._api.put_logs(self._source.task, log.options, stream, lines)
        except EcslabError as error:
            self._failed = True
            text = f"the output of container {self._source.definition.name} does not reach its log group: {error}"
            self._journal.record(
                "logs.failed", self._source.task.task_arn, text, container=self._source.definition.name
            )


def already_delivered(api: AgentApi, source: Source, remembered: int | None) -> int:
    """Lines of an adopted container that are already in its stream: remembered, else asked of the API."""
    log = source.definition.log_configuration
    if remembered is not None or log is None or not source.stream:
        return remembered or 0
    return api.delivered(source.task, log.options, source.stream) if isinstance(api, CountsLogs) else 0
