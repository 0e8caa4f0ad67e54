"""AssumeRole over the API: a session by lab time, with its session policies and tags. The gate has decided before.

Source: STS API Reference, AssumeRole (DurationSeconds 900 to the role's maximum, one hour when roles are chained).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecslab.aws.context import LabContext
from ecslab.aws.iam import documents, principals, sessions, store
from ecslab.errors import AccessDeniedException, ApiError
from ecslab.model.arn import Place
from ecslab.policy import Document, parse

SHORTEST, CHAINED = 900, 3600
"""Seconds: the shortest session, and the longest one that a role's session may get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """AssumeRole's parameters and whose key signed it."""

    params: Mapping[str, Any]
    key_id: str
    token: str


class ValidationError(ApiError):
    """A parameter of STS or IAM is out of its bounds."""


def assume_role(place: Place, context: LabContext, request: Request) -> dict[str, Any]:
    """Make the session and describe it as AssumeRole answers. AccessDenied where the role does not exist."""
    params, arn = request.params, str(request.params.get("RoleArn", ""))
    caller = principals.of_access_key(place, request.key_id, request.token, context.now())
    role = store.role(place, arn) if arn.startswith("arn:") else None
    if role is None:
        raise AccessDeniedException(
            f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}. There is no such "
            f"role in this account; `aws iam list-roles` shows those there are.",
            code="AccessDenied",
        )
    wish = sessions.Wish(
        session_name=_session_name(params),
        duration=_duration(params, role, caller),
        policies=_policies(place, params),
        tags={tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()},
        is_task=caller.is_task,
    )
    session = sessions.register(place, role, wish, now=context.now())
    return {
        "Credentials": session,
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 6,
    }


def _session_name(params: Mapping[str, Any]) -> str:
    name = str(params.get("RoleSessionName", ""))
    if not 2 <= len(name) <= 64:
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: "
            "Member must have length between 2 and 64",
        )
    return name


def _duration(params: Mapping[str, Any], role: Any, caller: principals.Caller) -> int:
    wanted, most = int(params.get("DurationSeconds") or 3600), int(role.max_session_duration or 3600)
    if caller.kind is principals.Kind.ROLE_SESSION:
        most = min(most, CHAINED)
    if not SHORTEST <= wanted <= most:
        raise ValidationError(
            f"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining or the "
            f"MaxSessionDuration set for this role: it is {wanted}, and may be between {SHORTEST} and {most}."
        )
    return wanted


def _policies(place: Place, params: Mapping[str, Any]) -> tuple[Document, ...] | None:
    found: list[Document] = []
    if params.get("Policy"):
        found.append(parse(str(params["Policy"]), name="session policy"))
    managed = store.iam(place).managed_policies
    for given in params.get("PolicyArns") or ():
        policy = managed.get(given.get("arn", ""))
        if policy is None:
            raise ApiError(f"The session policy {given.get('arn')} does not exist.", code="MalformedPolicyDocument")
        found += [replace(one, name=f"session policy {policy.name}") for one in documents.managed(policy)]
    return tuple(found) if params.get("Policy") or params.get("PolicyArns") else None
