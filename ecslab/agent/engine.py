"""The engine: holds what is known of an agent's tasks and moves each one step towards what is wanted of it.

``decisions`` says what to do and ``moves`` does it. One Engine is one life of an agent: after ``halt`` it
ignores every result that still arrives, and containers go on untouched. Invariants: all state is changed on
the timeline only; no lock is held across real I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ecslab.agent.adoption import Survey, adopt, begin, survey
from ecslab.agent.api import Assignment
from ecslab.agent.decisions import Move, Step, deadline, steps
from ecslab.agent.known import Known, KnownContainer, KnownTask
from ecslab.agent.moves import RETRY, Moves
from ecslab.agent.world import World
from ecslab.model.status import TaskStatus
from ecslab.runtimes.base import Phase

DRAIN = 2.0
"""Lab seconds that a task's last report waits for the end of its output."""
KEEP_GOING = frozenset((Move.SETTLE, Move.REFUSE, Move.PREPARE))
"""Moves done at once, after which there may be more to do."""


class Engine:
    """One life of one agent."""

    def __init__(self, world: World, poke: Callable[[], None]) -> None:
        self.tasks: dict[str, KnownTask] = {}
        self._world = world
        self._poke = poke
        self._moves = Moves(world, self.step, self._forget)
        self._survey: Survey | None = None
        self._surveying = False

    # What the agent asks of it

    def take(self, assignments: Sequence[Assignment]) -> None:
        """Compare what is assigned with what is known; begin, adopt, move on or take down."""
        wanted = {a.task.task_arn: a for a in assignments}
        for arn, assignment in wanted.items():
            task = self.tasks.get(arn) or self._new(assignment)
            if task is not None:
                task.assignment = assignment
                self.step(task)
        for arn, task in list(self.tasks.items()):
            if arn not in wanted and not task.finished:
                task.orphaned = True
                self.step(task)
        if self._survey:
            self._remove_leftovers(wanted)

    def look_around(self) -> None:
        """Ask the runtime once, off the timeline, what this agent still has."""
        if not self._surveying:
            self._surveying = True
            agent_id = self._world.config.agent_id
            self._world.timeline.offload(lambda: survey(self._world.runtime, agent_id), self._surveyed)

    def look_at_all(self) -> None:
        """Inspect every running container: whoever missed a change finds it here."""
        for task in list(self.tasks.values()):
            for container in task.containers.values():
                self._moves.look(task, container)

    def halt(self) -> None:
        """The agent's process dies. Containers are left as they are."""
        self._moves.dead = self._moves.work.halted = True
        self._moves.watch.halt()
        for task in self.tasks.values():
            if task.alarm is not None:
                task.alarm.cancel()
            for container in task.containers.values():
                self._world.changes.forget(container.runtime_id)

    def destroy(self) -> None:
        """Kill and remove everything, whatever state it is in (the machine is gone)."""
        ids = {
            task.task_id: tuple(c.runtime_id for c in task.containers.values() if c.runtime_id)
            for task in self.tasks.values()
        }
        self._moves.work.tear_down(ids)

    # Finding its own again

    def _new(self, assignment: Assignment) -> KnownTask | None:
        arn = assignment.task.task_arn
        if assignment.task.last_status is TaskStatus.PENDING:
            self.tasks[arn] = begin(assignment)
        elif self._survey is None:
            self.look_around()
            return None
        else:
            self.tasks[arn] = task = adopt(assignment, self._survey, self._world.timeline.now())
            self._adopt(task)
        return self.tasks[arn]

    def _surveyed(self, found: Survey | None, error: BaseException | None) -> None:
        self._surveying = False
        if self._moves.dead:
            return
        if found is None:
            text = f"the agent could not find its containers and tries again: {error}"
            self._world.journal.record("agent.survey", self._world.config.agent_id, text)
            self._world.timeline.call_later(RETRY, self._poke)
            return
        self._survey = found
        self._poke()

    def _adopt(self, task: KnownTask) -> None:
        count = 0
        for container in task.containers.values():
            found = (self._survey or {}).get((task.arn, container.name))
            if found is None:
                self._moves.look(task, container)
                continue
            count += 1
            self._listen(task, container)
            if found.observed.phase in (Phase.RUNNING, Phase.EXITED):
                self._moves.watch.follow(task, container, adopted=True)
            if container.known is Known.RUNNING:
                self._moves.watch.check_health(task, container)
                self._moves.saw(task, container, found.observed)
        text = f"the agent has found task {task.task_id[:8]} again, with {count} of {len(task.containers)} containers"
        self._moves.reporter.note("agent.adopted", task, text, containers=count)

    def _listen(self, task: KnownTask, container: KnownContainer) -> None:
        self._world.changes.listen(container.runtime_id, lambda _: self._moves.changed(task, container))

    def _remove_leftovers(self, wanted: dict[str, Assignment]) -> None:
        leftovers: dict[str, list[str]] = {}
        for (arn, _), found in (self._survey or {}).items():
            if arn not in wanted and arn not in self.tasks:
                leftovers.setdefault(arn, []).append(found.container_id)
        for arn, ids in leftovers.items():
            self._moves.work.clear_away(arn.rsplit("/", 1)[-1], tuple(ids))
            text = "containers of a task that is no longer assigned to this agent are removed"
            self._world.journal.record("container.removed", arn, text, count=len(ids))
        self._survey = {}

    # One step

    def step(self, task: KnownTask) -> None:
        """Do all that can be done for a task now, report it, and set the alarm for what time alone brings."""
        if self._moves.dead:
            return
        if task.finished:
            self._moves.tidy(task)
            return
        again = True
        while again:
            now = self._world.timeline.now()
            self._moves.reporter.progress(task, now)
            if task.stopping and not task.alive() and task.drained_by is None:
                task.drained_by = now + DRAIN
            again = self._walk(task, steps(task, now))
        if not task.finished:
            self._moves.reporter.progress(task, self._world.timeline.now())
        self._set_alarm(task)

    def _walk(self, task: KnownTask, todo: tuple[Step, ...]) -> bool:
        stopping = task.stopping
        for step in todo:
            self._moves.make(task, step)
            if task.stopping is not stopping:
                return True
        return any(step.move in KEEP_GOING for step in todo)

    def _set_alarm(self, task: KnownTask) -> None:
        when = deadline(task, self._world.timeline.now())
        if task.alarm is not None:
            if task.alarm.callback is not None and task.alarm.when == when:
                return
            task.alarm.cancel()
        task.alarm = None if when is None else self._world.timeline.call_at(when, lambda: self.step(task))

    def _forget(self, task: KnownTask) -> None:
        self.tasks.pop(task.arn, None)
