"""The agent: registers, connects, hears that there may be work, and lets its engine do it.

One per container instance, and on Fargate one per task. ``stop`` is the death of its process (containers go
on), ``start`` a new life that finds its own again, ``close`` the end of the machine. It waits only while it
has tasks: an idle agent costs nothing. Invariant: it changes nothing but through the AgentApi, its runtime
and its fabric. Source: amazon-ecs-agent; facts, agent.
"""

from __future__ import annotations

from collections.abc import Callable

from ecslab.agent.api import AgentApi, AgentConfig
from ecslab.agent.changes import changes_of
from ecslab.agent.engine import Engine
from ecslab.agent.known import KnownTask
from ecslab.agent.logs import LogBook
from ecslab.agent.telemetry import Telemetry
from ecslab.agent.world import World
from ecslab.journal import Journal
from ecslab.model.task import Task
from ecslab.networks.base import Fabric
from ecslab.runtimes.base import Runtime
from ecslab.timeline import Handle, Timeline

RESYNC = {"real": 5.0, "scaled": 60.0, "virtual": 3600.0}
"""Lab seconds between two looks at everything while there are tasks. Changes are told at once; this catches
a lost one. In virtual time none can be lost, and a day must stay cheap."""


class Agent:
    """One agent. All methods may be called from any thread; what blocks happens elsewhere."""

    def __init__(
        self,
        config: AgentConfig,
        *,
        api: AgentApi,
        runtime: Runtime,
        fabric: Fabric,
        timeline: Timeline,
        journal: Journal,
    ) -> None:
        self.config = config
        self.connected = False
        self._world = World(
            config=config,
            api=api,
            runtime=runtime,
            fabric=fabric,
            timeline=timeline,
            journal=journal,
            changes=changes_of(runtime),
            book=LogBook(),
        )
        self._engine = Engine(self._world, self.poke)
        self._telemetry = Telemetry(self._world)
        self._address = config.agent_id
        self._poked = False
        self._resync: Handle | None = None

    def start(self) -> None:
        """Register (on an instance), connect, and carry on with whatever is there. Nothing when it already runs."""
        with self._world.timeline.lock:
            if self.connected:
                return
            self._engine = Engine(self._world, self.poke)
            if self.config.instance:
                self._address = self._world.api.register_container_instance(self.config)
                self._engine.look_around()
            self.connected = True
            self._world.api.connect(self._address, self.poke)
            self.poke()

    def stop(self) -> None:
        """The agent's process dies: it is disconnected and does nothing more; its containers keep running."""
        with self._world.timeline.lock:
            if not self.connected:
                return
            self.connected = False
            self._engine.halt()
            if self._resync is not None:
                self._resync.cancel()
            self._world.api.disconnect(self._address)

    def close(self) -> None:
        """The machine is gone: stop, and remove every container and network of this agent (in the background)."""
        with self._world.timeline.lock:
            self.stop()
            self._engine.destroy()

    def poke(self) -> None:
        """There may be work: look at the whole, soon and once however often this is called."""
        with self._world.timeline.lock:
            if self.connected and not self._poked:
                self._poked = True
                self._world.timeline.call_soon(self._tick)

    def tasks(self) -> tuple[Task, ...]:
        """The tasks it cares for, as it last heard of them."""
        with self._world.timeline.lock:
            return tuple(known.assignment.task for known in self._engine.tasks.values())

    def output(self, task_id: str, container: str | None = None) -> list[tuple[float, str, str]]:
        """(lab time, container, line): the latest 2,000 lines of each container of a task, also once it has stopped."""
        with self._world.timeline.lock:
            return self._world.book.output(task_id, container)

    def known(self, task_arn: str) -> KnownTask | None:
        """What it knows of a task; None while it is not connected."""
        return self._engine.tasks.get(task_arn) if self.connected else None

    def report_usage(self, then: Callable[[], None]) -> None:
        """It is time to tell what the tasks use, and then to call ``then``; a stopped agent tells nothing."""
        with self._world.timeline.lock:
            self._telemetry.look(self._engine.tasks.values() if self.connected else (), then)

    def _tick(self) -> None:
        self._poked = False
        if not self.connected:
            return
        self._engine.take(self._world.api.poll(self.config.agent_id))
        waiting = self._resync is not None and self._resync.callback is not None
        if self._engine.tasks and not waiting:
            self._resync = self._world.timeline.call_later(RESYNC[self._world.timeline.kind], self._look_again)

    def _look_again(self) -> None:
        if self.connected and self._engine.tasks:
            self._engine.look_at_all()
            self.poke()
