"""The moves of a task: each one carries out a kind of step, and takes in what came of it.

``decisions`` says which move; here it is made, every blocking call through the timeline's ``offload``, and
its result changes what is known. Invariants: one call at a time per container; a call's failure always ends
as the reason of a container or a task; a result that arrives after ``dead`` is set is ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecslab.agent.decisions import ESSENTIAL_EXITED, Move, Step
from ecslab.agent.known import UNDER_WAY, Known, KnownContainer, KnownTask
from ecslab.agent.reporter import Reporter
from ecslab.agent.watch import Watch
from ecslab.agent.work import Launched, Work
from ecslab.agent.world import World
from ecslab.errors import CannotStartContainerError, ContainerRuntimeError, OutOfMemoryError, TaskError
from ecslab.model.network import Wiring
from ecslab.model.status import DesiredStatus, HealthStatus
from ecslab.runtimes.base import Observed, Phase

RETRY = 5.0
"""Lab seconds until a refused last report is tried again."""
PULL_PAUSES = (0.2, 1.0)
"""Lab seconds between two looks at a pull: the first and the longest pause."""
LINGER = 30.0
"""Lab seconds that a stopped container is kept for output that has not ended."""
GONE = "the container is gone: it was removed by hand, or its engine was started anew"


class Moves:
    """Everything that can be done to a task. ``step`` is called after each result, to decide anew."""

    def __init__(self, world: World, step: Callable[[KnownTask], None], forget: Callable[[KnownTask], None]) -> None:
        self.dead = False
        self.reporter = Reporter(world.api, world.journal)
        self.watch = Watch(world, self._health, step)
        self.work = Work(world, self.changed)
        self._world = world
        self._step = step
        self._forget = forget
        self._table: dict[Move, Callable[[KnownTask, Step], None]] = {
            Move.WIRE: self._wire,
            Move.PREPARE: self._prepare,
            Move.PULL: self._pull,
            Move.LAUNCH: self._launch,
            Move.REFUSE: self._refuse,
            Move.STOP: self._stop,
            Move.KILL: self._kill,
            Move.SETTLE: self._settle,
            Move.UNWIRE: self._unwire,
            Move.FINISH: self._finish,
        }

    def make(self, task: KnownTask, step: Step) -> None:
        """Carry out one step, or begin to."""
        self._table[step.move](task, step)

    def _offload(self, work: Callable[[], Any], then: Callable[[Any, TaskError | None], None]) -> None:
        def back(result: Any, error: BaseException | None) -> None:
            if not self.dead:
                then(result, _translated(error))

        self._world.timeline.offload(work, back)

    # Up

    def _wire(self, task: KnownTask, step: Step) -> None:
        task.wiring_busy = task.attached = True
        self._offload(self.work.attach(task), lambda wiring, error: self._wired(task, wiring, error))

    def _wired(self, task: KnownTask, wiring: Wiring | None, error: TaskError | None) -> None:
        task.wiring_busy = False
        task.wiring = wiring
        if error is not None:
            self._fail_task(task, error)
        self._step(task)

    def _fail_task(self, task: KnownTask, error: TaskError) -> None:
        task.failure = task.failure or str(error)
        for container in task.containers.values():
            if isinstance(error, CannotStartContainerError) and container.definition.port_mappings:
                container.reason = container.reason or str(error)

    def _prepare(self, task: KnownTask, step: Step) -> None:
        task.prepared = True
        try:
            self.watch.prepare_logs(task)
            self.work.bring_roles(task)
        except TaskError as error:
            self._fail_task(task, error)

    def _pull(self, task: KnownTask, step: Step) -> None:
        container = task.containers[step.container]
        container.busy = True
        self._offload(self.work.pull(task, container), lambda here, error: self._pulled(task, container, here, error))

    def _pulled(self, task: KnownTask, container: KnownContainer, here: bool | None, error: TaskError | None) -> None:
        container.busy = False
        now = self._world.timeline.now()
        if error is not None:
            self._never_started(task, container, str(error), str(error))
        elif here:
            container.known = Known.PULLED
            text = f"image {container.definition.image} is here for container {container.name}"
            self.reporter.note("image.pulled", task, text, image=container.definition.image, container=container.name)
        else:
            first, longest = PULL_PAUSES
            container.pull_pause = min(longest, container.pull_pause * 1.5 or first)
            container.pull_again_at = now + container.pull_pause
        if all(c.known is not Known.NONE for c in task.containers.values()):
            task.pull_stopped_at = task.pull_stopped_at or now
        self._step(task)

    def _launch(self, task: KnownTask, step: Step) -> None:
        container = task.containers[step.container]
        container.busy = True
        self._offload(
            self.work.launch(task, container), lambda done, error: self._launched(task, container, done, error)
        )

    def _launched(
        self, task: KnownTask, container: KnownContainer, done: Launched | None, error: TaskError | None
    ) -> None:
        container.busy = False
        container.runtime_id = done.container_id if done is not None else ""
        failure = error or (done.error if done is not None else None)
        if done is None or failure is not None:
            self._never_started(task, container, str(failure), str(failure))
            self._step(task)
            return
        container.known = Known.CREATED
        container.bindings = self.work.bindings(task, container)
        try:
            self.watch.follow(task, container)
        except TaskError as failed:
            container.reason = str(failed)
            self._fail_task(task, failed)
        self.saw(task, container, done.observed)
        self._step(task)
        if container.look_again:
            self.look(task, container)

    def _started(self, task: KnownTask, container: KnownContainer, observed: Observed) -> None:
        container.known = Known.RUNNING
        container.started_at = self._world.timeline.now()
        container.image_digest = observed.image_digest or None
        self.reporter.note_status(task, container)
        self.watch.check_health(task, container)
        self._step(task)

    def _refuse(self, task: KnownTask, step: Step) -> None:
        self._never_started(task, task.containers[step.container], step.reason, f"TaskFailedToStart: {step.reason}")

    def _never_started(self, task: KnownTask, container: KnownContainer, reason: str, failure: str) -> None:
        container.reason = reason
        self._ended(task, container)
        if container.definition.essential:
            task.failure = task.failure or failure

    # Down

    def _stop(self, task: KnownTask, step: Step) -> None:
        container = task.containers[step.container]
        container.stop_asked_at = self._world.timeline.now()
        wait = container.definition.stop_timeout
        text = f"container {container.name} of task {task.task_id[:8]} is asked to stop (SIGTERM) and has {wait:g} s"
        self.reporter.note("container.stopping", task, text, container=container.name, stop_timeout=wait)
        self._offload(self.work.stop(container, force=False), lambda _, error: self._asked(task, container, error))

    def _kill(self, task: KnownTask, step: Step) -> None:
        container = task.containers[step.container]
        container.kill_asked_at = self._world.timeline.now()
        wait = container.definition.stop_timeout
        text = (
            f"container {container.name} of task {task.task_id[:8]} did not stop in {wait:g} s and is killed (SIGKILL)"
        )
        self.reporter.note("container.killed", task, text, container=container.name, stop_timeout=wait)
        self._offload(self.work.stop(container, force=True), lambda _, error: self._asked(task, container, error))

    def _asked(self, task: KnownTask, container: KnownContainer, error: TaskError | None) -> None:
        if error is not None:
            text = f"container {container.name} of task {task.task_id[:8]} could not be stopped yet: {error}"
            self.reporter.note("container.stopping", task, text, container=container.name, reason=str(error))
        self.look(task, container)

    def _settle(self, task: KnownTask, step: Step) -> None:
        self._ended(task, task.containers[step.container])

    def _unwire(self, task: KnownTask, step: Step) -> None:
        task.detached = task.wiring_busy = True
        self._offload(self.work.detach(task), lambda _, error: self._unwired(task, error))

    def _unwired(self, task: KnownTask, error: TaskError | None) -> None:
        task.wiring_busy = False
        if error is not None:
            text = f"the network of task {task.task_id[:8]} could not be taken away: {error}"
            self.reporter.note("network.failed", task, text, reason=str(error))
        self._step(task)

    def _finish(self, task: KnownTask, step: Step) -> None:
        now = self._world.timeline.now()
        task.execution_stopped_at = task.execution_stopped_at or now
        if not self.reporter.stopped(task):
            task.drained_by = now + RETRY
            return
        task.finished = True
        for container in task.containers.values():
            self._world.changes.forget(container.runtime_id)
        self.tidy(task)
        if not task.tidied:
            self._world.timeline.call_later(LINGER, lambda: self.tidy(task, late=True))

    def tidy(self, task: KnownTask, *, late: bool = False) -> None:
        """Remove the containers of a finished task once their last output is read, or it is too ``late`` for that."""
        if self.dead or task.tidied or (task.log_open and not late):
            return
        task.tidied = True
        self._forget(task)
        self.work.clear_away("", tuple(c.runtime_id for c in task.containers.values() if c.runtime_id))

    # What happens by itself

    def changed(self, task: KnownTask, container: KnownContainer) -> None:
        """Something about a container has changed; called from any thread."""
        self._world.timeline.call_soon(lambda: self.look(task, container))

    def look(self, task: KnownTask, container: KnownContainer) -> None:
        """Inspect a running container; what is seen is taken in."""
        if self.dead or container.known is Known.STOPPED:
            return
        if container.busy or container.looking:
            container.look_again = True
            return
        if container.known in UNDER_WAY:
            container.looking, container.look_again = True, False
            self._offload(self.work.inspect(container), lambda seen, error: self._looked(task, container, seen, error))

    def _looked(
        self, task: KnownTask, container: KnownContainer, seen: Observed | None, error: TaskError | None
    ) -> None:
        container.looking = False
        if seen is not None:
            self.saw(task, container, seen)
        if container.look_again and error is None:
            self.look(task, container)

    def saw(self, task: KnownTask, container: KnownContainer, seen: Observed) -> None:
        """Take in what a container really does."""
        if container.known is Known.CREATED and seen.phase in (Phase.RUNNING, Phase.EXITED):
            self._started(task, container, seen)
        if container.known in UNDER_WAY and seen.phase in (Phase.EXITED, Phase.GONE):
            self._exited(task, container, seen)
            self._step(task)

    def _exited(self, task: KnownTask, container: KnownContainer, seen: Observed) -> None:
        container.exit_code = seen.exit_code
        if seen.out_of_memory:
            container.reason = str(OutOfMemoryError())
        elif seen.phase is Phase.GONE:
            container.reason = str(ContainerRuntimeError(GONE))
        elif seen.error:
            container.reason = container.reason or seen.error
        self._ended(task, container)
        if container.definition.essential:
            task.execution_stopped_at = task.execution_stopped_at or container.stopped_at
            if task.assignment.task.desired_status is not DesiredStatus.STOPPED:
                task.failure = task.failure or ESSENTIAL_EXITED

    def _ended(self, task: KnownTask, container: KnownContainer) -> None:
        container.known = Known.STOPPED
        container.stopped_at = self._world.timeline.now()
        self.watch.stopped(container)
        self.reporter.note_status(task, container)

    def _health(self, task: KnownTask, container: KnownContainer, health: HealthStatus, output: str) -> None:
        if self.dead or container.known is not Known.RUNNING:
            return
        container.health = health
        text = f"container {container.name} of task {task.task_id[:8]} is {health}"
        detail = output.strip()[-500:]
        self.reporter.note("container.health", task, text, container=container.name, health=health.value, output=detail)
        self.reporter.health(task, container, health)
        self._step(task)


def _translated(error: BaseException | None) -> TaskError | None:
    if error is None or isinstance(error, TaskError):
        return error
    return ContainerRuntimeError(f"{type(error).__name__}: {error}")
