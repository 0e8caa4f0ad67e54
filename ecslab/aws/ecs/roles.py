"""The roles of tasks: whether ECS may assume them, asked when a task is to be started.

Nothing is assumed here (``control.roles`` does that). Source of the text: RunTask's ClientException as it is quoted in
public threads; of the condition keys: Amazon ECS Developer Guide, "Amazon ECS task IAM role" (a cluster's ARN in
aws:SourceArn is not supported, so the lab gives the ARN of a task).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.aws.context import LabContext
from ecslab.errors import ClientException
from ecslab.model.arn import Place
from ecslab.model.definition import TaskDefinition

ECS_TASKS = "ecs-tasks.amazonaws.com"
UNABLE = (
    "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role being "
    "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role."
)


def task_role(definition: TaskDefinition, overrides: Mapping[str, Any]) -> str:
    """Name or ARN of the task role; empty where there is none."""
    return str(overrides.get("taskRoleArn") or definition.task_role_arn)


def execution_role(definition: TaskDefinition, overrides: Mapping[str, Any]) -> str:
    """Name or ARN of the execution role; empty where there is none."""
    return str(overrides.get("executionRoleArn") or definition.execution_role_arn)


def check_roles(
    place: Place, context: LabContext, cluster: str, definition: TaskDefinition, overrides: Mapping[str, Any]
) -> None:
    """ClientException for a role that does not exist or does not trust ecs-tasks.amazonaws.com; a note says which."""
    from ecslab.aws.iam import seeds, sessions

    for role in filter(None, (task_role(definition, overrides), execution_role(definition, overrides))):
        seeds.ensure(place)
        try:
            sessions.trusting(place, context, role_arn=role, source_arn=source_of(place, cluster))
        except sessions.AccessDenied as denied:
            _note(context, role, denied)
            reason = " ".join(denied.sentences[:1])
            raise ClientException(f"{UNABLE.format(role=role)} {reason}".strip()) from None


def source_of(place: Place, cluster: str) -> str:
    """aws:SourceArn of a task that does not exist yet: no more of it can be told from a policy than the cluster."""
    return place.task(cluster, "*")


def _note(context: LabContext, role: str, denied: Any) -> None:
    context.journal.record(
        "iam.denied",
        role,
        denied.message,
        action="sts:AssumeRole",
        resource=role,
        principal=ECS_TASKS,
        role=role,
        reason=str(denied.decision.reason) if denied.decision is not None else "NO_SUCH_ROLE",
        sentences=list(denied.sentences),
        decided_by=f"trust policy of {role}" if denied.decision is not None else "",
        statement="",
    )
