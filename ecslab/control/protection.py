"""What an agent asks of ECS when a container wants its own task protected, or wants to know whether it is.

It asks the task role first, as the agent's call is signed with it, and then the verbs of the backend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.agent.protection import Protection
from ecslab.aws.ecs import roles
from ecslab.aws.iam import seeds, store
from ecslab.aws.iam.acting import Acting
from ecslab.errors import AccessDeniedException
from ecslab.model.task import Task

NO_ROLE = "The task has no task role, so the agent cannot call ECS for it. Set taskRoleArn, and allow ecs:{action}."


def protection(backend: Any, task: Task, wish: Mapping[str, Any] | None) -> Protection:
    """The task's protection, after ``wish`` where there is one. AccessDeniedException, InvalidParameterException."""
    action = "GetTaskProtection" if wish is None else "UpdateTaskProtection"
    with backend.context.timeline.lock:
        _check_role(backend, task, action)
        request = {"cluster": task.cluster_name, "tasks": [task.task_arn], **(wish or {})}
        call = backend.get_task_protection if wish is None else backend.update_task_protection
        found, failures = call(request)
    if failures:
        return Protection(reason=failures[0]["reason"], detail=failures[0].get("detail", ""))
    return Protection(enabled=found[0].protection_enabled, until=found[0].expiration_date)


def _check_role(backend: Any, task: Task, action: str) -> None:
    role = roles.task_role(backend.store.definitions[task.task_definition_arn], task.overrides)
    if not role:
        raise AccessDeniedException(NO_ROLE.format(action=action))
    seeds.ensure(backend.place)
    known = store.role(backend.place, role)
    arn = known.arn if known is not None else role
    acting = Acting(place=backend.place, context=backend.context, role_arn=arn, session_name=task.task_id)
    denied = acting.denial(f"ecs:{action}", task.task_arn)
    if denied:
        raise AccessDeniedException(denied)
