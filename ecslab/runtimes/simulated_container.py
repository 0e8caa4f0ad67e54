"""One container of the simulated runtime: what it was made from, how it is doing, and what is scheduled for it.

Plain data; ``simulated`` plays it on the timeline. Invariant: it changes under the timeline's lock only.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ecslab.images import catalogue
from ecslab.images.behaviour import Behaviour, behaviour
from ecslab.images.website import Website
from ecslab.runtimes.base import ContainerSpec, Phase
from ecslab.runtimes.surroundings import Surroundings
from ecslab.timeline import Handle

BASE_MEMORY = 8 * 1024 * 1024
"""Bytes a simulated program uses before it takes any."""


@dataclass(slots=True, kw_only=True)
class Container:
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
    outside: Surroundings
    retries: int = 0
    """How often the present step has asked its outside in vain."""
    started_at: float = 0.0
    since: float = 0.0
    """When the present part of its behaviour began."""
    ended_at: float = 0.0
    memory: int = 0
    borne: float = 0.0
    """vCPUs of a load on it, since ``borne_since``; ``borne_before`` are the CPU seconds of loads until then."""
    borne_since: float = 0.0
    borne_before: float = 0.0
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

    def borne_until(self, when: float) -> float:
        """CPU seconds of loads up to ``when``, a time not before the last change."""
        return self.borne_before + self.borne * (when - self.borne_since)

    @property
    def ignores_sigterm(self) -> bool:
        """Whether only SIGKILL ends it."""
        return self.behaviour.ignores_sigterm or (self.behaviour.swallows_sigterm and not self.spec.init)

    def touched(self, when: float) -> int:
        """Bytes its program has taken by itself at ``when``."""
        return self.behaviour.memory if when - self.since >= self.behaviour.memory_at else 0

    def passes_limit(self, taken: int) -> bool:
        """Whether ``taken`` bytes are more than its hard limit allows."""
        limit = self.spec.memory
        return bool(limit and taken) and BASE_MEMORY + taken > limit


def made(container_id: str, spec: ContainerSpec, outside: Surroundings) -> Container:
    """A container that has not been asked to start; its image says what is not in the spec."""
    image = catalogue.find(spec.image)
    environment = {**image.environment, **spec.environment} if image is not None else spec.environment
    argv = catalogue.argv_of(image, spec.entry_point, spec.command)
    return Container(
        container_id=container_id,
        spec=spec,
        behaviour=behaviour(argv, environment, spec.labels),
        environment=environment,
        outside=outside,
        digest=image.digest if image is not None else f"sha256:{hashlib.sha256(spec.image.encode()).hexdigest()}",
    )
