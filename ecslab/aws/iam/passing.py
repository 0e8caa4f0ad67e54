"""iam:PassRole: the roles that a call hands to a service, and to which. It asks nobody; the gate does.

Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service"; Amazon ECS Developer Guide, "Amazon
ECS task execution IAM role" (the caller passes both the task's and the execution role).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecslab.aws.iam import store
from ecslab.aws.iam.lookups import definition_of
from ecslab.aws.iam.wire import Call
from ecslab.model.arn import Place

ECS_TASKS = "ecs-tasks.amazonaws.com"
Passed = tuple[str, str]
"""(ARN of the role, the service that gets it)."""


def roles_of(call: Call, place: Place) -> tuple[Passed, ...]:
    """The roles that this call passes, each once."""
    found = [(_arn(role, place), service) for role, service in _raw(call, place) if role]
    return tuple(dict.fromkeys(found))


def _raw(call: Call, place: Place) -> Iterable[Passed]:
    params, operation = call.params, call.operation
    match call.service:
        case "ecs":
            yield from _ecs(call)
        case "lambda" if operation in ("CreateFunction", "UpdateFunctionConfiguration"):
            yield str(params.get("Role") or ""), "lambda.amazonaws.com"
        case "events" if operation in ("PutRule", "PutTargets"):
            for holder in (params, *(params.get("Targets") or ())):
                yield str(holder.get("RoleArn") or ""), "events.amazonaws.com"
        case "scheduler" if operation in ("CreateSchedule", "UpdateSchedule"):
            yield str((params.get("Target") or {}).get("RoleArn") or ""), "scheduler.amazonaws.com"
        case "application-autoscaling" if operation == "RegisterScalableTarget":
            yield str(params.get("RoleARN") or ""), "application-autoscaling.amazonaws.com"
        case "iam" if operation == "AddRoleToInstanceProfile":
            yield str(params.get("RoleName") or ""), "ec2.amazonaws.com"
        case "ec2" if operation in ("RunInstances", "AssociateIamInstanceProfile"):
            yield _of_profile(params.get("IamInstanceProfile") or {}, place), "ec2.amazonaws.com"
        case _:
            return


def _ecs(call: Call) -> Iterable[Passed]:
    match call.operation:
        case "RegisterTaskDefinition":
            yield from _pair(call.params)
        case "RunTask" | "StartTask":
            overrides: Mapping[str, Any] = call.params.get("overrides") or {}
            yield from _pair({**_of_definition(call), **{k: v for k, v in overrides.items() if v}})
        case "CreateService" | "UpdateService" | "CreateTaskSet":
            yield from _pair(_of_definition(call))
            yield str(call.params.get("role") or ""), "ecs.amazonaws.com"
        case "CreateGateway" | "UpdateGateway":
            yield str(call.params.get("infrastructureRoleArn") or ""), "ecs.amazonaws.com"
        case "CreateExpressGatewayService" | "UpdateExpressGatewayService":
            yield from _pair(_of_definition(call) or call.params)
            yield str(call.params.get("infrastructureRoleArn") or ""), "ecs.amazonaws.com"


def _pair(holder: Mapping[str, Any]) -> Iterable[Passed]:
    yield str(holder.get("taskRoleArn") or ""), ECS_TASKS
    yield str(holder.get("executionRoleArn") or ""), ECS_TASKS


def _of_definition(call: Call) -> dict[str, str]:
    found = definition_of(call)
    if found is None:
        return {}
    return {"taskRoleArn": found.task_role_arn or "", "executionRoleArn": found.execution_role_arn or ""}


def _of_profile(profile: Mapping[str, Any], place: Place) -> str:
    role = store.instance_profile_role(place, str(profile.get("Arn") or profile.get("Name") or ""))
    return str(role.arn) if role is not None else ""


def _arn(role: str, place: Place) -> str:
    if role.startswith("arn:"):
        return role
    found = store.role(place, role)
    return str(found.arn) if found is not None else f"arn:aws:iam::{place.account}:role/{role}"
