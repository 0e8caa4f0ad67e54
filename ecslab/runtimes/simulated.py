"""The simulated runtime: containers that are only data, played back on the timeline. A product, not a test double.

What a container does comes from ``images.behaviour``. It never blocks, polls or starts a thread; every verb
costs the same with ten containers as with ten thousand. Invariant: all state changes on the timeline, under its
lock, so the same calls in virtual time give the same story.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping

from ecslab.errors import CannotPullContainerError, CannotStartContainerError, ContainerRuntimeError
from ecslab.images import catalogue
from ecslab.images.behaviour import SIGKILL_EXIT, Behaviour, behaviour, commands, pull_delay, pull_problem, skipped
from ecslab.images.website import Website
from ecslab.model.network import Reached
from ecslab.runtimes.base import FEATURES, Capabilities, ContainerSpec, Held, Observed, Phase, Pretence, Usage
from ecslab.runtimes.simulated_container import BASE_MEMORY, Container, made
from ecslab.runtimes.surroundings import Agent, Aws, Surroundings, no_agent, no_aws, nowhere, outcome, refused
from ecslab.timeline import Timeline

KEPT_LINES = 2000
WHY = "containers are data here: nothing real runs"


class SimulatedRuntime:
    """Any image is accepted; what is not the lab's own listens on every port until it is stopped."""

    name = "simulated"

    def __init__(self, timeline: Timeline) -> None:
        self.on_change: Callable[[str], None] = lambda container_id: None
        self.reach = nowhere
        """How a container finds another: the fabric's own verb."""
        self.agent: Agent = no_agent
        """How a container reaches its agent at 169.254.170.2."""
        self.aws: Aws = no_aws
        """How a container's SDK reaches AWS."""
        self._timeline = timeline
        self._containers: dict[str, Container] = {}
        self._by_name: dict[str, str] = {}
        self._spaces: dict[str, dict[str, Container]] = {}
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
            self._enter(made(container_id, spec, self._outside(container_id, spec)))
            return container_id

    def _enter(self, container: Container) -> None:
        container_id = container.container_id
        self._containers[container_id] = container
        self._by_name[container.spec.name] = container_id
        self._spaces.setdefault(container.outside.namespace, {})[container_id] = container

    def _outside(self, container_id: str, spec: ContainerSpec) -> Surroundings:
        namespace = spec.wiring.joins or container_id
        return Surroundings(
            namespace=namespace,
            reach=lambda *to: self.reach(*to),
            ask=self.ask,
            agent=(lambda path: self.agent(path)) if spec.wiring.agent else no_agent,
            call=lambda *call: self.aws(*call),
        )

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
                self._leave(container)
                container.cancel()
                container.phase = Phase.GONE
                self._end_output(container)

    def _leave(self, container: Container) -> None:
        sharing = self._spaces[container.outside.namespace]
        del sharing[container.container_id]
        if not sharing:
            del self._spaces[container.outside.namespace]

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

    def _executed(self, container: Container, words: list[str]) -> tuple[int, str]:
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
            if does.asks:
                return outcome(does, container.outside, container.environment)
            return (124 if does.duration is None else does.exit_code), "\n".join(text for _, text in does.lines)
        return 0, ""

    def _healthy(self, container: Container) -> bool:
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
            taken = container.memory + container.touched(now)
            return Usage(
                cpu_seconds=spent * container.behaviour.cpu + container.borne_until(now),
                memory=BASE_MEMORY + taken if running else 0,
                running_for=spent,
            )

    def bear(self, container_id: str, vcpus: float) -> float:
        """Use so many vCPUs from now on, besides what the behaviour says; what the task's CPU limit leaves of it."""
        with self._timeline.lock:
            container = self._containers.get(container_id)
            if container is None or container.phase is not Phase.RUNNING:
                return 0.0
            now, limit = self._timeline.now(), container.spec.cpu_limit
            container.borne_before, container.borne_since = container.borne_until(now), now
            container.borne = min(vcpus, max(0.0, limit - container.behaviour.cpu)) if limit else vcpus
            return container.borne

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
            return self._answered(container, port, path)

    def ask(self, reached: Reached, path: str) -> tuple[int, str]:
        """What is answered at a port of a namespace; ConnectionRefusedError when nothing listens there."""
        with self._timeline.lock:
            running = [c for c in self._spaces.get(reached.namespace, {}).values() if c.phase is Phase.RUNNING]
            listening = [c for c in running if reached.port in c.behaviour.listens]
            listening += [c for c in running if c.behaviour.any_port]
            if not listening:
                raise refused()
            return self._answered(listening[0], reached.port, path)

    def _answered(self, container: Container, port: int, path: str) -> tuple[int, str]:
        site = self._site(container, port)
        status, body = site.answer(path)
        self._write(container, site.lines.pop())
        self._after_answer(container, site)
        return status, body

    def _site(self, container: Container, port: int) -> Website:
        if container.site is None:
            container.site = Website(
                environment=container.environment,
                container=container.environment.get("ECSLAB_CONTAINER_NAME") or container.container_id[:12],
                address=container.spec.wiring.address,
                port=port,
                foreign=container.spec.image if container.behaviour.any_port else "",
                outside=container.outside,
            )
        return container.site

    def _after_answer(self, container: Container, site: Website) -> None:
        if site.leave is not None:
            code = site.leave
            self._timeline.call_soon(lambda: self._exit(container, code))
        grown = site.hoard * 1024 * 1024
        if grown > container.memory:
            container.memory = grown
            if container.passes_limit(grown + container.touched(self._timeline.now())):
                self._timeline.call_soon(lambda: self._exit(container, SIGKILL_EXIT, out_of_memory=True))

    # What happens by itself, on the timeline

    def _run(self, container: Container) -> None:
        if container.phase is not Phase.CREATED:
            return
        does = container.behaviour
        container.phase = Phase.RUNNING
        container.started_at = self._timeline.now()
        self._play(container, does)
        self.on_change(container.container_id)

    def _play(self, container: Container, does: Behaviour) -> None:
        container.since = self._timeline.now()
        if container.passes_limit(does.memory) and (does.duration is None or does.memory_at < does.duration):
            container.end = self._timeline.call_later(
                does.memory_at, lambda: self._exit(container, SIGKILL_EXIT, out_of_memory=True)
            )
        elif does.duration is not None:
            container.end = self._timeline.call_later(does.duration, lambda: self._end(container, does))
        container.script = does.output()
        container.due = next(container.script, None)
        self._print(container)

    def _end(self, container: Container, does: Behaviour) -> None:
        """A step has ended: with its own code, or as its outside answers; then what comes next is played."""
        if not does.asks:
            self._exit(container, does.exit_code)
            return
        code, line = outcome(does, container.outside, container.environment)
        self._write(container, line)
        following = does.failed if code else does.passed
        if code and container.retries < does.retries:
            container.retries += 1
            container.end = self._timeline.call_later(1.0, lambda: self._end(container, does))
        elif following is None:
            self._exit(container, code)
        else:
            container.retries = 0
            container.borne_before += (self._timeline.now() - container.started_at) * (does.cpu - following.cpu)
            container.behaviour = following
            self._play(container, following)

    def _exit(self, container: Container, code: int, last_line: str = "", *, out_of_memory: bool = False) -> None:
        if container.phase in (Phase.EXITED, Phase.GONE):
            return
        if container.phase is Phase.CREATED:
            container.started_at = self._timeline.now()
        container.cancel()
        self._print(container)
        container.phase = Phase.EXITED
        container.exit_code, container.out_of_memory = code, out_of_memory
        container.ended_at = self._timeline.now()
        container.borne_before, container.borne = container.borne_until(container.ended_at), 0.0
        if last_line:
            self._write(container, last_line)
        self._end_output(container)
        self.on_change(container.container_id)

    def _print(self, container: Container) -> None:
        """Write the lines that are due and wait for the next one."""
        spent = self._timeline.now() - container.since + 1e-6
        while container.due is not None and container.due[0] <= spent:
            self._write(container, container.due[1])
            container.due = next(container.script, None) if container.script is not None else None
        if container.due is not None:
            at = container.since + container.due[0]
            container.line = self._timeline.call_at(at, lambda: self._print_next(container))

    def _print_next(self, container: Container) -> None:
        if container.phase is Phase.RUNNING:
            self._print(container)

    def _write(self, container: Container, text: str) -> None:
        if container.output is None:
            container.output = deque(maxlen=KEPT_LINES)
        container.output.append(text)
        for on_line, _ in container.followers:
            on_line(text)

    def _end_output(self, container: Container) -> None:
        followers, container.followers = container.followers, []
        for _, on_end in followers:
            on_end()
