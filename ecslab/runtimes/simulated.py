"""The simulated runtime: containers that are only data, played back on the timeline. A product, not a test double.

What a container does comes from ``images.behaviour``. It never blocks, polls or starts a thread; every verb
costs the same with ten containers as with ten thousand. Invariant: all state changes on the timeline, under its
lock, so the same calls in virtual time give the same story.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ecslab.errors import CannotPullContainerError, CannotStartContainerError, ContainerRuntimeError
from ecslab.images import catalogue
from ecslab.images.behaviour import SIGKILL_EXIT, Behaviour, behaviour, commands, pull_delay, pull_problem, skipped
from ecslab.images.website import Website
from ecslab.runtimes.base import FEATURES, Capabilities, ContainerSpec, Held, Observed, Phase, Pretence, Usage
from ecslab.timeline import Handle, Timeline

BASE_MEMORY = 8 * 1024 * 1024
"""Bytes a simulated program uses before it takes any."""
KEPT_LINES = 2000
WHY = "containers are data here: nothing real runs"


@dataclass(slots=True, kw_only=True)
class _Container:
    """One container. ``end`` and ``next_line`` are what is scheduled for it."""

    container_id: str
    spec: ContainerSpec
    behaviour: Behaviour
    environment: Mapping[str, str]
    digest: str
    phase: Phase = Phase.CREATED
    asked_to_start: bool = False
    exit_code: int | None = None
    out_of_memory: bool = False
    started_at: float = 0.0
    ended_at: float = 0.0
    memory: int = 0
    end: Handle | None = None
    stop: Handle | None = None
    line: Handle | None = None
    site: Website | None = None
    script: Iterator[tuple[float, str]] | None = None
    due: tuple[float, str] | None = None
    output: deque[str] | None = None
    followers: list[tuple[Callable[[str], None], Callable[[], None]]] = field(default_factory=list)

    def cancel(self) -> None:
        """Forget everything that is scheduled."""
        for handle in (self.end, self.stop, self.line):
            if handle is not None:
                handle.cancel()

    @property
    def ignores_sigterm(self) -> bool:
        """Whether only SIGKILL ends it."""
        return self.behaviour.ignores_sigterm or (self.behaviour.swallows_sigterm and not self.spec.init)


class SimulatedRuntime:
    """Any image is accepted; what is not the lab's own listens on every port until it is stopped."""

    name = "simulated"

    def __init__(self, timeline: Timeline) -> None:
        self.on_change: Callable[[str], None] = lambda container_id: None
        self._timeline = timeline
        self._containers: dict[str, _Container] = {}
        self._by_name: dict[str, str] = {}
        self._pulled: dict[str, float] = {}
        self._made = 0

    def probe(self) -> Capabilities:
        """Available everywhere; only the memory limit ends anything."""
        return Capabilities(
            name=self.name,
            available=True,
            reason="nothing is needed: containers are simulated",
            enforced=frozenset(("memory limit", "any image")),
            pretended=tuple(Pretence(what=f, why=WHY) for f in FEATURES if f not in ("memory limit", "any image")),
        )

    def open(self) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Forget every container."""
        with self._timeline.lock:
            for container_id in list(self._containers):
                self.remove(container_id)
            self._pulled.clear()

    def pull(self, image: str, labels: Mapping[str, str]) -> bool:
        """True once ``sim.pull_delay`` has passed since the first call for this image; CannotPullContainerError."""
        problem = pull_problem(image, labels)
        if problem:
            raise CannotPullContainerError(problem)
        if image.startswith(catalogue.REPOSITORY) and catalogue.find(image) is None:
            raise CannotPullContainerError(catalogue.missing(image))
        with self._timeline.lock:
            now = self._timeline.now()
            return now >= self._pulled.setdefault(image, now + pull_delay(labels))

    def create(self, spec: ContainerSpec) -> str:
        """The container's id: 64 hex digits, the same for the same name."""
        with self._timeline.lock:
            known = self._by_name.get(spec.name)
            if known is not None:
                return known
            self._made += 1
            container_id = hashlib.sha256(f"{self._made}/{spec.name}".encode()).hexdigest()
            self._containers[container_id] = _made(container_id, spec)
            self._by_name[spec.name] = container_id
            return container_id

    def start(self, container_id: str) -> None:
        """It runs after ``sim.start_delay``; CannotStartContainerError for an unknown id."""
        with self._timeline.lock:
            container = self._containers.get(container_id)
            if container is None:
                raise CannotStartContainerError(f"No such container: {container_id[:12]}")
            if not container.asked_to_start:
                container.asked_to_start = True
                delay = container.behaviour.start_delay
                container.end = self._timeline.call_later(delay, lambda: self._run(container))

    def stop(self, container_id: str, *, force: bool = False) -> None:
        """SIGTERM, or SIGKILL with ``force``."""
        with self._timeline.lock:
            container = self._containers.get(container_id)
            if container is None or container.phase in (Phase.EXITED, Phase.GONE) or not container.asked_to_start:
                return
            if force:
                self._timeline.call_soon(lambda: self._exit(container, SIGKILL_EXIT))
            elif container.stop is None and not container.ignores_sigterm:
                does = container.behaviour
                container.stop = self._timeline.call_later(
                    does.stop_delay, lambda: self._exit(container, does.stop_code, does.stop_line)
                )

    def inspect(self, container_id: str) -> Observed:
        """What it is doing."""
        with self._timeline.lock:
            container = self._containers.get(container_id)
            if container is None:
                return Observed(phase=Phase.GONE)
            return Observed(
                phase=container.phase,
                exit_code=container.exit_code,
                out_of_memory=container.out_of_memory,
                image_digest=container.digest,
            )

    def remove(self, container_id: str) -> None:
        """Forget it, whatever it is doing."""
        with self._timeline.lock:
            container = self._containers.pop(container_id, None)
            if container is not None:
                self._by_name.pop(container.spec.name, None)
                container.cancel()
                container.phase = Phase.GONE
                self._end_output(container)

    def held(self) -> tuple[Held, ...]:
        """Every container."""
        with self._timeline.lock:
            return tuple(
                Held(container_id=c.container_id, name=c.spec.name, labels=c.spec.labels)
                for c in self._containers.values()
            )

    # Powers

    def execute(self, container_id: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        """(exit code, output): health checks say what the container is, ``exit N`` N, anything else 0."""
        with self._timeline.lock:
            container = self._containers.get(container_id)
            if container is None or container.phase is not Phase.RUNNING:
                return 126, "the container is not running"
            code, output = 0, ""
            for operator, words in commands(command):
                if not skipped(operator, code):
                    code, output = self._executed(container, words)
                    if words[:1] == ["exit"]:
                        break
            return code, output

    def _executed(self, container: _Container, words: list[str]) -> tuple[int, str]:
        first = words[0].rsplit("/", 1)[-1] if words else ""
        if first == "exit":
            return (int(words[1]) if len(words) > 1 and words[1].isdigit() else 0), ""
        if first == "echo":
            return 0, " ".join(words[1:])
        if first in ("true", ":", "false"):
            return int(first == "false"), ""
        is_check = first in ("curl", "wget", "nc") or words[:2] == ["app", "health"]
        if is_check or container.behaviour.health:
            return (0, "healthy") if self._healthy(container) else (1, "unhealthy")
        if first == "app":
            does = behaviour(words, container.environment, {})
            return (124 if does.duration is None else does.exit_code), "\n".join(text for _, text in does.lines)
        return 0, ""

    def _healthy(self, container: _Container) -> bool:
        does = container.behaviour
        if does.health == "healthy":
            return True
        if does.unhealthy_after is not None:
            return self._timeline.now() - container.started_at < does.unhealthy_after
        listens = bool(does.listens) or does.any_port
        return listens and (container.site is None or container.site.healthy)

    def follow(self, container_id: str, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        """Its output from the first line (of a long output, from the latest 2,000)."""
        with self._timeline.lock:
            container = self._containers.get(container_id)
            for text in (container.output if container is not None else None) or ():
                on_line(text)
            if container is None or container.phase in (Phase.EXITED, Phase.GONE):
                on_end()
            else:
                container.followers.append((on_line, on_end))

    def measure(self, container_id: str) -> Usage:
        """What the behaviour says it uses."""
        with self._timeline.lock:
            container = self._containers.get(container_id)
            if container is None or container.phase not in (Phase.RUNNING, Phase.EXITED):
                return Usage(cpu_seconds=0.0, memory=0)
            running = container.phase is Phase.RUNNING
            now = self._timeline.now()
            spent = (now if running else container.ended_at) - container.started_at
            taken = container.memory + self._touched(container, spent)
            return Usage(cpu_seconds=spent * container.behaviour.cpu, memory=BASE_MEMORY + taken if running else 0)

    def answer(self, container_id: str, port: int, path: str) -> tuple[int, str]:
        """What the container's web server would say; ContainerRuntimeError when nothing listens."""
        with self._timeline.lock:
            container = self._containers.get(container_id)
            if container is None or container.phase is not Phase.RUNNING:
                raise ContainerRuntimeError("the container is not running")
            does = container.behaviour
            if port not in does.listens and not does.any_port:
                ports = ", ".join(str(p) for p in sorted(does.listens)) or "no port"
                raise ContainerRuntimeError(f"connection refused: the container listens on {ports}, not on {port}")
            site = self._site(container, port)
            status, body = site.answer(path)
            self._write(container, site.lines.pop())
            self._after_answer(container, site)
            return status, body

    def _site(self, container: _Container, port: int) -> Website:
        if container.site is None:
            container.site = Website(
                environment=container.environment,
                container=container.environment.get("ECSLAB_CONTAINER_NAME") or container.container_id[:12],
                address=container.spec.wiring.address,
                port=port,
                foreign=container.spec.image if container.behaviour.any_port else "",
            )
        return container.site

    def _after_answer(self, container: _Container, site: Website) -> None:
        if site.leave is not None:
            code = site.leave
            self._timeline.call_soon(lambda: self._exit(container, code))
        grown = site.hoard * 1024 * 1024
        if grown > container.memory:
            container.memory = grown
            spent = self._timeline.now() - container.started_at
            if self._passes_limit(container, grown + self._touched(container, spent)):
                self._timeline.call_soon(lambda: self._exit(container, SIGKILL_EXIT, out_of_memory=True))

    # What happens by itself, on the timeline

    def _run(self, container: _Container) -> None:
        if container.phase is not Phase.CREATED:
            return
        does = container.behaviour
        container.phase = Phase.RUNNING
        container.started_at = self._timeline.now()
        if self._passes_limit(container, does.memory) and (does.duration is None or does.memory_at < does.duration):
            container.end = self._timeline.call_later(
                does.memory_at, lambda: self._exit(container, SIGKILL_EXIT, out_of_memory=True)
            )
        elif does.duration is not None:
            container.end = self._timeline.call_later(does.duration, lambda: self._exit(container, does.exit_code))
        container.script = does.output()
        container.due = next(container.script, None)
        self._print(container)
        self.on_change(container.container_id)

    def _exit(self, container: _Container, code: int, last_line: str = "", *, out_of_memory: bool = False) -> None:
        if container.phase in (Phase.EXITED, Phase.GONE):
            return
        if container.phase is Phase.CREATED:
            container.started_at = self._timeline.now()
        container.cancel()
        self._print(container)
        container.phase = Phase.EXITED
        container.exit_code, container.out_of_memory = code, out_of_memory
        container.ended_at = self._timeline.now()
        if last_line:
            self._write(container, last_line)
        self._end_output(container)
        self.on_change(container.container_id)

    def _print(self, container: _Container) -> None:
        """Write the lines that are due and wait for the next one."""
        spent = self._timeline.now() - container.started_at + 1e-6
        while container.due is not None and container.due[0] <= spent:
            self._write(container, container.due[1])
            container.due = next(container.script, None) if container.script is not None else None
        if container.due is not None:
            at = container.started_at + container.due[0]
            container.line = self._timeline.call_at(at, lambda: self._print_next(container))

    def _print_next(self, container: _Container) -> None:
        if container.phase is Phase.RUNNING:
            self._print(container)

    def _write(self, container: _Container, text: str) -> None:
        if container.output is None:
            container.output = deque(maxlen=KEPT_LINES)
        container.output.append(text)
        for on_line, _ in container.followers:
            on_line(text)

    def _end_output(self, container: _Container) -> None:
        followers, container.followers = container.followers, []
        for _, on_end in followers:
            on_end()

    @staticmethod
    def _touched(container: _Container, spent: float) -> int:
        does = container.behaviour
        return does.memory if spent >= does.memory_at else 0

    @staticmethod
    def _passes_limit(container: _Container, taken: int) -> bool:
        limit = container.spec.memory
        return bool(limit and taken) and BASE_MEMORY + taken > limit


def _made(container_id: str, spec: ContainerSpec) -> _Container:
    image = catalogue.find(spec.image)
    environment = {**image.environment, **spec.environment} if image is not None else spec.environment
    argv = catalogue.argv_of(image, spec.entry_point, spec.command)
    return _Container(
        container_id=container_id,
        spec=spec,
        behaviour=behaviour(argv, environment, spec.labels),
        environment=environment,
        digest=image.digest if image is not None else f"sha256:{hashlib.sha256(spec.image.encode()).hexdigest()}",
    )
