"""The telemetry session of an agent: what its RUNNING tasks use, measured when it is time and sent as it is.

It makes no percentages and knows no reservation (the control plane does, ``control.metrics``). CPU is a difference
between two looks, by the runtime's own clock; memory is what it is at the look. Invariant: nothing real is measured
on the timeline's thread, and at most one look of an agent is under way.
Source: amazon-ecs-agent, which sends PublishMetrics to the telemetry endpoint for each task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ecslab.agent.api import TakesMetrics, TaskUsage
from ecslab.agent.known import Known, KnownTask
from ecslab.agent.world import World
from ecslab.errors import EcslabError
from ecslab.model.status import TaskStatus
from ecslab.runtimes.base import Measures, Usage

NOTHING = Usage(cpu_seconds=0.0, memory=0)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One task to measure."""

    arn: str
    containers: tuple[str, ...]


_Found = list[tuple[str, list[tuple[str, Usage]]]]


class Telemetry:
    """The looks of one agent. It outlives the agent's process, so that no use is counted twice."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runtime = world.runtime if isinstance(world.runtime, Measures) else None
        self._api = world.api if isinstance(world.api, TakesMetrics) else None
        self._last: dict[str, Usage] = {}
        self._looking = False

    def look(self, tasks: Iterable[KnownTask], then: Callable[[], None]) -> None:
        """Measure, publish and call ``then``: at once on virtual time, else as soon as the runtime has answered."""
        wanted = tuple(filter(None, map(_wanted, tasks)))
        if not wanted or self._looking or self._runtime is None:
            then()
        elif self._world.timeline.kind == "virtual":
            self._publish(self._measure(wanted))
            then()
        else:
            self._looking = True
            self._world.timeline.offload(lambda: self._measure(wanted), lambda f, e: self._looked(f, e, then))

    def _measure(self, wanted: Sequence[_Wanted]) -> _Found:
        found: _Found = []
        for task in wanted:
            usages = [(c, usage) for c in task.containers if (usage := self._usage(c)) is not None]
            if usages:
                found.append((task.arn, usages))
        return found

    def _usage(self, container_id: str) -> Usage | None:
        """None for a container that is gone before it could be measured."""
        assert self._runtime is not None
        try:
            return self._runtime.measure(container_id)
        except EcslabError:
            return None

    def _looked(self, found: _Found | None, error: BaseException | None, then: Callable[[], None]) -> None:
        self._looking = False
        if error is not None:
            text = f"the agent could not measure its tasks: {error}"
            self._world.journal.record("agent.telemetry", self._world.config.agent_id, text)
        elif found:
            self._publish(found)
        then()

    def _publish(self, found: _Found) -> None:
        usages = [
            TaskUsage(
                task_arn=arn,
                cpu=sum(self._vcpus(container, now) for container, now in of_task),
                memory=sum(now.memory for _, now in of_task),
            )
            for arn, of_task in found
        ]
        self._last = {container: now for _, of_task in found for container, now in of_task}
        if self._api is not None and usages:
            self._api.publish_metrics(usages)

    def _vcpus(self, container: str, now: Usage) -> float:
        before = self._last.get(container, NOTHING)
        passed = now.running_for - before.running_for
        return max(0.0, now.cpu_seconds - before.cpu_seconds) / passed if passed > 0 else 0.0


def _wanted(task: KnownTask) -> _Wanted | None:
    if task.told is not TaskStatus.RUNNING:
        return None
    running = tuple(c.runtime_id for c in task.containers.values() if c.known is Known.RUNNING and c.runtime_id)
    return _Wanted(task.arn, running) if running else None
