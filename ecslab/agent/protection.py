"""The agent's task scale-in protection endpoint: ``$ECS_AGENT_URI/task-protection/v1/state``, GET and PUT.

A container asks for its own task and for no other; the agent calls ECS with the task role's credentials, so the role
must allow it. It has no socket: ``answer`` takes what came in. Source: Amazon ECS Developer Guide, "Task scale-in
protection endpoint" (paths, bodies, the three shapes of an answer).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable

from ecslab.errors import ApiError
from ecslab.model.task import Task

PREFIX, SUFFIX = "/api/", "/task-protection/v1/state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How a task is protected, or why it cannot be (``reason`` and ``detail``). ``until`` in lab seconds."""

    enabled: bool = False
    until: float | None = None
    reason: str = ""
    detail: str = ""


@runtime_checkable
class Protects(Protocol):
    """Power of an AgentApi: GetTaskProtection and UpdateTaskProtection, with the task role's permissions."""

    def protection(self, task: Task, wish: Mapping[str, Any] | None) -> Protection:
        """How the task is protected, after ``wish`` (protectionEnabled, expiresInMinutes) where there is one. ApiError.

        AccessDeniedException where the task role may not.
        """


def answer(api: Protects, task: Task, method: str, body: str) -> tuple[int, dict[str, Any]]:
    """(HTTP status, JSON) of one request for a task's protection."""
    try:
        found = api.protection(task, _wish(body) if method == "PUT" else None)
    except ApiError as refused:
        status = 403 if refused.code == "AccessDeniedException" else 400
        return status, {"error": {"Arn": task.task_arn, "Code": refused.code, "Message": refused.message}}
    if found.reason:
        return 200, {"failure": {"Arn": task.task_arn, "Detail": found.detail, "Reason": found.reason}}
    told: dict[str, Any] = {"ProtectionEnabled": found.enabled, "TaskArn": task.task_arn}
    if found.until is not None:
        told["ExpirationDate"] = datetime.fromtimestamp(found.until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return 200, {"protection": told}


def _wish(body: str) -> dict[str, Any]:
    """What a PUT asks for. ApiError for a body that does not say it."""
    try:
        given = json.loads(body or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict) or not isinstance(given.get("ProtectionEnabled"), bool):
        raise ApiError(
            'UpdateTaskProtection: the body must be JSON with ProtectionEnabled, such as {"ProtectionEnabled": true}.',
            "InvalidParameterException",
        )
    minutes = given.get("ExpiresInMinutes")
    if minutes is not None and (isinstance(minutes, bool) or not isinstance(minutes, int)):
        raise ApiError("UpdateTaskProtection: ExpiresInMinutes must be a whole number.", "InvalidParameterException")
    wish = {"protectionEnabled": given["ProtectionEnabled"]}
    return {**wish, "expiresInMinutes": minutes} if minutes is not None else wish
