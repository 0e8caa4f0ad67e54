"""ExecuteCommand: a command that somebody wants run in a container of a task that is up.

It judges whether the command may run and writes down a session; ``control.commands`` runs it. Where AWS streams a
terminal over Session Manager, this lab runs the command once, to its end, and keeps what it printed
(``lab.exec``, and the journal's ``exec.output``): ``streamUrl`` leads nowhere and says so in ``tokenValue``.
Sources: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec" (needs at the launch, the four
ssmmessages actions of the task role, no read-only root filesystem); error texts as quoted in public issues.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ecslab.aws.ecs import roles
from ecslab.aws.ecs.base import Request, Verbs
from ecslab.errors import ApiError, InvalidParameterException
from ecslab.model.status import ContainerStatus, TaskStatus
from ecslab.model.task import Container, Task

NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or the execute command "
    "agent isn't running. Wait and try again or run a new task with execute command enabled and try again."
)
NOT_CONNECTED = "The execute command failed due to an internal error. Try again later."
CHANNELS = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
AGENT = "ExecuteCommandAgent"
KEPT = 100
"""Sessions of which the output can be read, the latest ones."""
STREAM = "no-stream-in-this-lab:see-lab.exec-and-the-journal"


class TargetNotConnectedException(ApiError):
    """The Session Manager agent in the container cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command. ``exit_code`` and ``output`` are set once it has ended."""

    session_id: str
    task_arn: str
    container: str
    runtime_id: str
    command: tuple[str, ...]
    exit_code: int | None = None
    output: str = ""


class CommandVerbs(Verbs):
    """The verb, and the sessions there are."""

    sessions: dict[str, Session]
    run_session: Callable[[Session], None] | None
    """How a session is carried out; None where there is no runtime."""

    def execute_command(self, request: Request) -> dict[str, Any]:
        """Open a session and answer with it. InvalidParameterException, TargetNotConnectedException."""
        cluster = self.active_cluster(request.get("cluster"))
        if not request["interactive"]:
            raise InvalidParameterException("Interactive is the only mode supported currently. Set interactive.")
        command = _words(request["command"])
        task = self.find_task(cluster, request["task"])
        if task is None or task.cluster_name != cluster:
            raise InvalidParameterException("The referenced task was not found.")
        container = _container(task, request.get("container") or "")
        self._check_agent(task, container)
        session = self._open(task, container, command)
        return {
            "cluster_arn": task.cluster_arn,
            "task_arn": task.task_arn,
            "container_arn": container.container_arn,
            "container_name": container.name,
            "interactive": True,
            "session": {
                "session_id": session.session_id,
                "stream_url": f"wss://ssmmessages.{self.place.region}.amazonaws.com/v1/data-channel/"
                f"{session.session_id}?role=publish_subscribe",
                "token_value": STREAM,
            },
        }

    def _check_agent(self, task: Task, container: Container) -> None:
        """Refuse where the agent that Exec needs is not in the container, or cannot speak to Session Manager."""
        if not task.enable_execute_command:
            raise InvalidParameterException(NOT_ENABLED)
        if task.last_status is not TaskStatus.RUNNING or container.last_status is not ContainerStatus.RUNNING:
            raise InvalidParameterException(
                f"Unable to start the session: task {task.task_id} is {task.last_status} and its container "
                f"{container.name} is {container.last_status}. Wait until both are RUNNING."
            )
        definition = self.store.definitions[task.task_definition_arn]
        if definition.container(container.name).readonly_root_filesystem:
            raise TargetNotConnectedException(
                f"{NOT_CONNECTED} (The root filesystem of {container.name} is read-only: the agent cannot write.)"
            )
        denied = self._denied(task, roles.task_role(definition, task.overrides))
        if denied:
            raise TargetNotConnectedException(f"{NOT_CONNECTED} ({denied})")
        if self.run_session is None or not container.runtime_id:
            raise TargetNotConnectedException(f"{NOT_CONNECTED} (No command can be run in this container here.)")

    def _denied(self, task: Task, role: str) -> str:
        """Why the agent may not speak to Session Manager with the task's role; empty where it may."""
        if not role:
            return "The task has no task role: its definition needs a taskRoleArn that allows ssmmessages."
        from ecslab.aws.iam import seeds, store
        from ecslab.aws.iam.acting import Acting

        seeds.ensure(self.place)
        found = store.role(self.place, role)
        arn = found.arn if found is not None else role
        acting = Acting(place=self.place, context=self.context, role_arn=arn, session_name=task.task_id)
        for channel in CHANNELS:
            if acting.denial(f"ssmmessages:{channel}", "*"):
                return f"The task role may not ssmmessages:{channel}. It needs {', '.join(CHANNELS)}."
        return ""

    def _open(self, task: Task, container: Container, command: tuple[str, ...]) -> Session:
        session = Session(
            session_id=f"ecs-execute-command-{self.context.hex_id(17)}",
            task_arn=task.task_arn,
            container=container.name,
            runtime_id=container.runtime_id or "",
            command=command,
        )
        self._keep_session(session)
        text = f"`{shlex.join(command)}` is to run in container {container.name} of task {task.task_id[:8]}"
        self.note("exec.session", task.task_arn, text, session=session.session_id, container=container.name)
        if self.run_session is not None:
            self.run_session(session)
        return session

    def end_session(self, session: Session, exit_code: int, output: str) -> None:
        """Write down how a command ended."""
        ended = replace(session, exit_code=exit_code, output=output)
        self._keep_session(ended)
        text = f"`{shlex.join(ended.command)}` ended with exit code {exit_code}"
        self.note(
            "exec.output",
            ended.task_arn,
            text,
            session=ended.session_id,
            container=ended.container,
            exit_code=exit_code,
            output=output,
        )

    def _keep_session(self, session: Session) -> None:
        self.sessions[session.session_id] = session
        for old in list(self.sessions)[:-KEPT]:
            del self.sessions[old]


def with_agents(task: Task) -> Task:
    """The task as DescribeTasks shows it: with ECS Exec, each container has its managed agent."""
    if not task.enable_execute_command:
        return task
    shown = tuple(replace(c, managed_agents=(_agent(c, task),)) for c in task.containers)
    return replace(task, containers=shown)


def _agent(container: Container, task: Task) -> dict[str, Any]:
    found: dict[str, Any] = {"name": AGENT, "lastStatus": container.last_status.value}
    started = container.started_at or task.started_at
    running = container.last_status is ContainerStatus.RUNNING
    return {**found, "lastStartedAt": started} if running and started else found


def _words(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as wrong:
        raise InvalidParameterException(f"The command cannot be read ({wrong}): `{command}`.") from None
    if not words:
        raise InvalidParameterException("command cannot be empty. Give a command such as `ls -l`.")
    return words


def _container(task: Task, name: str) -> Container:
    if not name and len(task.containers) == 1:
        return task.containers[0]
    found = next((c for c in task.containers if c.name == name), None)
    if found is None:
        names = ", ".join(c.name for c in task.containers)
        given = f"The task has no container named '{name}'" if name else "The task has several containers"
        raise InvalidParameterException(f"{given}. Name one as container: {names}.")
    return found
