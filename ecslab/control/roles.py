"""The two roles of each task, assumed for it: credentials for its containers, permissions for its agent.

It asks IAM (``aws.iam``) and decides nothing. Invariants: the task role's credentials are the only ones that are ever
handed out; they are renewed before they end, and given to nobody once the task has stopped.
Sources: amazon-ecs-agent, credentials manager; facts: iam, endpoints. How long ECS's sessions last is not documented
(agents are seen to renew them about every six hours).
"""

from __future__ import annotations

from typing import Any

from ecslab.agent.api import RoleCredentials
from ecslab.aws.ecs import roles
from ecslab.aws.iam import seeds, sessions, store
from ecslab.aws.iam.acting import Acting
from ecslab.errors import ResourceInitializationError
from ecslab.model.definition import TaskDefinition
from ecslab.model.status import LaunchType, TaskStatus
from ecslab.model.task import Task

LASTS = 6 * 3600
"""Lab seconds of a session."""
RENEW = 15 * 60.0
"""Lab seconds before its end at which it is replaced."""


class Roles:
    """The sessions of one backend's tasks."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._ids: dict[str, str] = {}
        self._tasks: dict[str, str] = {}
        self._sessions: dict[str, sessions.RoleSession] = {}

    def credentials_id(self, task: Task) -> str:
        """The id under which a task's own credentials are served; empty where it has no task role."""
        if not roles.task_role(self._definition(task), task.overrides):
            return ""
        if task.task_arn not in self._ids:
            credentials_id = self._backend.context.uuid()
            self._ids[task.task_arn] = credentials_id
            self._tasks[credentials_id] = task.task_arn
            self._renew(credentials_id, task)
        return self._ids[task.task_arn]

    def credentials(self, credentials_id: str) -> RoleCredentials | None:
        """What is valid now; None for an id that belongs to no task, or to one that has stopped."""
        task = self._backend.store.task(self._tasks.get(credentials_id, ""))
        if task is None or task.last_status is TaskStatus.STOPPED:
            return None
        now = self._backend.context.now()
        session = self._sessions.get(credentials_id)
        if session is None or session.expires_at - now < RENEW:
            session = self._renew(credentials_id, task)
        if session is None or session.expires_at <= now:
            return None
        return RoleCredentials(
            role_arn=session.role_arn,
            access_key_id=session.access_key_id,
            secret_access_key=session.secret_access_key,
            token=session.token,
            expires_at=session.expires_at,
        )

    def _renew(self, credentials_id: str, task: Task) -> sessions.RoleSession | None:
        """A new session; where the role no longer trusts ECS, the old one stays until it ends."""
        place = self._backend.place
        seeds.ensure(place)
        try:
            self._sessions[credentials_id] = sessions.assume_as_service(
                place,
                self._backend.context,
                role_arn=roles.task_role(self._definition(task), task.overrides),
                session_name=task.task_id,
                source_arn=roles.source_of(place, task.cluster_name),
                duration=LASTS,
            )
        except sessions.AccessDenied as denied:
            self._backend.note("iam.denied", task.task_arn, denied.message, sentences=list(denied.sentences))
        return self._sessions.get(credentials_id)

    def forget(self, task: Task) -> None:
        """A task can no longer be described."""
        credentials_id = self._ids.pop(task.task_arn, "")
        self._tasks.pop(credentials_id, None)
        self._sessions.pop(credentials_id, None)

    def execution(self, task: Task) -> Acting:
        """The execution role of a task that needs one. ResourceInitializationError where it has none."""
        role = roles.execution_role(self._definition(task), task.overrides)
        if not role:
            raise ResourceInitializationError("the task definition has no executionRoleArn. Set one.")
        return self._acting(role, task.task_id)

    def logging(self, task: Task) -> Acting:
        """Who writes the logs of ``awslogs``: the execution role; on EC2, where there is none, the instance's role."""
        role = roles.execution_role(self._definition(task), task.overrides)
        if role or task.launch_type is LaunchType.FARGATE:
            return self._acting(role, task.task_id)
        instance = self._backend.store.instance(task.container_instance_arn or "")
        return self._acting(seeds.INSTANCE_ROLE, instance.ec2_instance_id if instance is not None else task.task_id)

    def _acting(self, role: str, session_name: str) -> Acting:
        place = self._backend.place
        seeds.ensure(place)
        found = store.role(place, role)
        arn = found.arn if found is not None else role
        return Acting(place=place, context=self._backend.context, role_arn=arn, session_name=session_name)

    def _definition(self, task: Task) -> TaskDefinition:
        found: TaskDefinition = self._backend.store.definitions[task.task_definition_arn]
        return found
