"""What goes on beside a running container: its output is followed and its health checked, until it stops.

It starts and ends Followers and Monitors and tells the engine what they found; it changes no task itself.
Invariant: at most one Follower and one Monitor per container, and none outlives ``halt``.
"""

from __future__ import annotations

from collections.abc import Callable

from ecslab.agent.health import Monitor, Streak
from ecslab.agent.known import KnownContainer, KnownTask
from ecslab.agent.logs import AWSLOGS, Follower, Source, already_delivered, stream_name
from ecslab.agent.world import World
from ecslab.model.status import HealthStatus
from ecslab.runtimes.base import Execs

OnHealth = Callable[[KnownTask, KnownContainer, HealthStatus, str], None]


class Watch:
    """The Followers and Monitors of one agent, by runtime id."""

    def __init__(self, world: World, on_health: OnHealth, on_output_end: Callable[[KnownTask], None]) -> None:
        self._world = world
        self._on_health = on_health
        self._on_output_end = on_output_end
        self._followers: dict[str, Follower] = {}
        self._monitors: dict[str, Monitor] = {}

    def prepare_logs(self, task: KnownTask) -> None:
        """Make the streams whose names are known before the containers are there; ResourceInitializationError."""
        for container in task.containers.values():
            self._prepare(task, container, "")

    def _prepare(self, task: KnownTask, container: KnownContainer, runtime_id: str) -> None:
        log = container.definition.log_configuration
        stream = stream_name(container.definition, task.assignment.task, runtime_id)
        if log is not None and stream:
            self._world.api.prepare_logs(task.assignment.task, log.options, stream)

    def follow(self, task: KnownTask, container: KnownContainer, *, adopted: bool = False) -> None:
        """Follow a container's output from its first line; ResourceInitializationError (stream of no prefix)."""
        world, runtime_id = self._world, container.runtime_id
        log = container.definition.log_configuration
        if log is not None and log.log_driver == AWSLOGS and not log.options.get("awslogs-stream-prefix"):
            self._prepare(task, container, runtime_id)
        source = Source(task=task.assignment.task, definition=container.definition, runtime_id=runtime_id)
        if adopted:
            source.skip = already_delivered(world.api, source, world.book.delivered.pop(runtime_id, None))
        follower = Follower(
            source,
            world.book.ring(task.task_id, container.name, runtime_id),
            api=world.api,
            timeline=world.timeline,
            journal=world.journal,
            on_end=lambda: self._ended(task, runtime_id),
        )
        self._followers[runtime_id] = follower
        task.log_open.add(runtime_id)
        world.timeline.offload(
            lambda: follower.start(world.runtime), lambda _, error: follower.end() if error else None
        )

    def _ended(self, task: KnownTask, runtime_id: str) -> None:
        self._followers.pop(runtime_id, None)
        task.log_open.discard(runtime_id)
        self._on_output_end(task)

    def check_health(self, task: KnownTask, container: KnownContainer) -> None:
        """Begin to probe a container that has a health check."""
        check, runtime = container.definition.health_check, self._world.runtime
        if check is None or container.runtime_id in self._monitors:
            return
        if not isinstance(runtime, Execs):
            text = f"the health of container {container.name} stays UNKNOWN: runtime {runtime.name} cannot run commands"
            self._world.journal.record("container.health", task.arn, text, container=container.name)
            return
        monitor = Monitor(
            check,
            lambda command, timeout: runtime.execute(container.runtime_id, command, timeout),
            timeline=self._world.timeline,
            started_at=container.started_at or self._world.timeline.now(),
            on_health=lambda health, _, output: self._on_health(task, container, health, output),
            streak=Streak(health=container.health, succeeded=container.health is HealthStatus.HEALTHY),
        )
        self._monitors[container.runtime_id] = monitor
        monitor.start()

    def stopped(self, container: KnownContainer) -> None:
        """The container has stopped: probe no more (its last output may still come)."""
        monitor = self._monitors.pop(container.runtime_id, None)
        if monitor is not None:
            monitor.stop()

    def halt(self) -> None:
        """The agent dies: deliver what has come, remember how much, and look no more."""
        for monitor in self._monitors.values():
            monitor.stop()
        for runtime_id, follower in self._followers.items():
            follower.close()
            self._world.book.delivered[runtime_id] = follower.delivered
        self._monitors.clear()
        self._followers.clear()
