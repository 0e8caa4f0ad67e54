"""The calls an engine makes outside the timeline: each method gives a piece of work that may block for real I/O.

A piece of work reads what it needs when it is made and touches nothing that is known while it runs: that is
what lets the engine go without locks. Invariant: after ``demolish`` whatever is still created is removed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ecslab.agent.api import HoldsRoles
from ecslab.agent.endpoint import doors
from ecslab.agent.known import KnownContainer, KnownTask
from ecslab.agent.specification import bindings, labels, specify, wiring_request
from ecslab.agent.world import World
from ecslab.errors import TaskError
from ecslab.model.network import ContainerWiring, Wiring
from ecslab.model.task import NetworkBinding
from ecslab.runtimes.base import Observed, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """What became of a launch; with ``error`` the container was created but did not start."""

    container_id: str
    observed: Observed = field(default_factory=lambda: Observed(phase=Phase.CREATED))
    error: TaskError | None = None


class Work:
    """The makers of work. ``changed`` is told of changes of launched containers, from any thread."""

    def __init__(self, world: World, changed: Callable[[KnownTask, KnownContainer], None]) -> None:
        self.halted = False
        """The agent's process is dead: what is still created is left for the next life to find."""
        self.demolish = False
        self._joined = False
        self._world = world
        self._changed = changed

    def bring_roles(self, task: KnownTask) -> None:
        """What comes with the task from its roles: its credentials' id, its secrets. ResourceInitializationError."""
        api = self._world.api
        if isinstance(api, HoldsRoles):
            task.credentials_id = api.credentials_id(task.assignment.task)
            task.secrets = api.secrets(task.assignment.task)

    def attach(self, task: KnownTask) -> Callable[[], Wiring]:
        """Give the task its network, and before the first one the instance its address."""
        config, fabric = self._world.config, self._world.fabric
        request = wiring_request(task.assignment, config.instance)

        def work() -> Wiring:
            if config.instance and not self._joined:
                fabric.add_instance(config.instance, config.private_ip)
                self._joined = True
            wiring = fabric.attach(request)
            if self.demolish:
                fabric.detach(request.task_id)
            return wiring

        return work

    def detach(self, task: KnownTask) -> Callable[[], None]:
        """Take its network away."""
        return lambda: self._world.fabric.detach(task.task_id)

    def pull(self, task: KnownTask, container: KnownContainer) -> Callable[[], bool]:
        """Ask for the image; False while it is on its way."""
        given = labels(task.assignment, container.definition, self._world.config.agent_id)
        return lambda: self._world.runtime.pull(container.definition.image, given)

    def launch(self, task: KnownTask, container: KnownContainer) -> Callable[[], Launched]:
        """Create and start a container in one go, and look at it."""
        world = self._world
        wiring = task.wiring.containers.get(container.name) if task.wiring is not None else None
        wiring = wiring or ContainerWiring()
        spec = specify(
            task.assignment,
            container.definition,
            world.config.agent_id,
            wiring,
            secrets=task.secrets.get(container.name, {}),
            doors=doors(task, container.name, wiring),
        )

        def work() -> Launched:
            container_id = world.runtime.create(spec)
            if not self.halted:
                world.changes.listen(container_id, lambda _: self._changed(task, container))
            try:
                world.runtime.start(container_id)
                world.fabric.entered(task.task_id, container.name, container_id)
                return Launched(container_id=container_id, observed=world.runtime.inspect(container_id))
            except TaskError as error:
                return Launched(container_id=container_id, error=error)
            finally:
                if self.demolish:
                    world.runtime.remove(container_id)

        return work

    def bindings(self, task: KnownTask, container: KnownContainer) -> tuple[NetworkBinding, ...]:
        """The published ports of a container."""
        return bindings(task.wiring, container.name) if task.wiring is not None else ()

    def stop(self, container: KnownContainer, *, force: bool) -> Callable[[], None]:
        """Send the stop signal, or SIGKILL."""
        return lambda: self._world.runtime.stop(container.runtime_id, force=force)

    def inspect(self, container: KnownContainer) -> Callable[[], Observed]:
        """Look at a container; one without an id is gone."""
        if not container.runtime_id:
            return lambda: Observed(phase=Phase.GONE)
        return lambda: self._world.runtime.inspect(container.runtime_id)

    def clear_away(self, task_id: str, container_ids: tuple[str, ...]) -> None:
        """Remove containers, and the network of ``task_id`` unless that is empty; a failure is written down."""
        if container_ids or task_id:
            self._world.timeline.offload(lambda: self._remove(task_id, container_ids), self._removed)

    def tear_down(self, tasks: Mapping[str, tuple[str, ...]]) -> None:
        """Remove the containers and networks of ``tasks`` (container ids by task id), and then the instance itself."""
        self.demolish = True
        config, fabric = self._world.config, self._world.fabric

        def work() -> None:
            for task_id, container_ids in tasks.items():
                self._remove(task_id, container_ids)
            if config.instance:
                fabric.remove_instance(config.instance)

        if tasks or config.instance:
            self._world.timeline.offload(work, self._removed)

    def _remove(self, task_id: str, container_ids: tuple[str, ...]) -> None:
        for container_id in container_ids:
            self._world.runtime.remove(container_id)
        if task_id:
            self._world.fabric.detach(task_id)

    def _removed(self, _: None, error: BaseException | None) -> None:
        if error is not None:
            text = f"something of a stopped task could not be removed: {error}"
            self._world.journal.record("container.removed", self._world.config.agent_id, text, reason=str(error))
