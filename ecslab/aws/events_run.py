"""An ECS target: RunTask, called with the role of a rule or a schedule. It runs nothing itself; RunTask does.

Invariant: no task is run that the role may not run: it must trust the service that calls, be allowed ecs:RunTask on the
task definition and iam:PassRole for the roles of the task. Sources: EventBridge API Reference, EcsParameters; Amazon
ECS Developer Guide, "Amazon ECS EventBridge IAM role"; the beginning of ``startedBy`` and that it ends after 36
characters as DescribeTasks of tasks run by a rule and by a schedule shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.aws.context import LabContext
from ecslab.errors import ApiError
from ecslab.model.arn import Place
from ecslab.model.task import Task

MOST_STARTED_BY = 36
NO_PERMISSIONS = "NO_PERMISSIONS"
_OVERRIDES = (
    "containerOverrides",
    "cpu",
    "ephemeralStorage",
    "executionRoleArn",
    "inferenceAcceleratorOverrides",
    "memory",
    "taskRoleArn",
)
_PARAMETERS = (
    ("capacityProviderStrategy", "CapacityProviderStrategy"),
    ("count", "TaskCount"),
    ("enableECSManagedTags", "EnableECSManagedTags"),
    ("enableExecuteCommand", "EnableExecuteCommand"),
    ("group", "Group"),
    ("launchType", "LaunchType"),
    ("placementConstraints", "PlacementConstraints"),
    ("placementStrategy", "PlacementStrategy"),
    ("platformVersion", "PlatformVersion"),
    ("propagateTags", "PropagateTags"),
    ("referenceId", "ReferenceId"),
    ("taskDefinition", "TaskDefinitionArn"),
)


class NotDelivered(ApiError):
    """A target did not get its event. ``code`` is what a dead-letter queue is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who calls a target: the service, for which rule or schedule group, and what its tasks are started by."""

    place: Place
    context: LabContext
    ecs: Any
    service: str
    source_arn: str
    started_by: str
    asks_policies: bool = False
    """Whether the policies of queues and topics are asked too."""


def run(sender: Sender, target: Mapping[str, Any], text: str) -> list[Task]:
    """The tasks that the target runs; ``text`` are their overrides. NotDelivered says why none runs."""
    request = request_of(target, text, sender.started_by)
    may(sender, str(target.get("RoleArn") or ""), "ecs", "RunTask", request)
    try:
        tasks, failures = sender.ecs.run_task(request)
    except ApiError as refused:
        raise NotDelivered(f"RunTask: {refused.message}", refused.code) from None
    if failures:
        raise NotDelivered(_told(failures, len(tasks)), str(failures[0]["reason"]))
    found: list[Task] = tasks
    return found


def _told(failures: Sequence[Mapping[str, str]], started: int) -> str:
    reasons = ", ".join(dict.fromkeys(failure["reason"] for failure in failures))
    return f"RunTask started {started} tasks and then found no room: {reasons}."


def request_of(target: Mapping[str, Any], text: str, started_by: str) -> dict[str, Any]:
    """The RunTask request of a target. NotDelivered where its input is not JSON."""
    given = target.get("EcsParameters") or {}
    request = {name: given[key] for name, key in _PARAMETERS if given.get(key) not in (None, "", [], False)}
    request |= {"cluster": target["Arn"], "startedBy": started_by[:MOST_STARTED_BY]}
    if given.get("Tags"):
        request["tags"] = [
            {"key": t.get("Key") or t.get("key"), "value": t.get("Value") or t.get("value")} for t in given["Tags"]
        ]
    vpc = (given.get("NetworkConfiguration") or {}).get("awsvpcConfiguration")
    if vpc:
        request["networkConfiguration"] = {"awsvpcConfiguration": _lower(vpc)}
    overrides = _overrides(text)
    return {**request, "overrides": overrides} if overrides else request


def _lower(given: Mapping[str, Any]) -> dict[str, Any]:
    """Names as ECS spells them: EventBridge begins them with a capital."""
    return {key[0].lower() + key[1:]: value for key, value in given.items()}


def _overrides(text: str) -> dict[str, Any]:
    """What of the input RunTask takes; the whole event, which a target without input gets, overrides nothing."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        raise NotDelivered(
            "The target's input is not JSON. For an ECS task write "
            '{"containerOverrides": [{"name": "app", "command": ["echo", "hello"]}]}.',
            "SDK_CLIENT_ERROR",
        ) from None
    return {key: found[key] for key in _OVERRIDES if key in found} if isinstance(found, dict) else {}


def may(sender: Sender, role_arn: str, service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Whether the sender may assume the role and do that with it. NotDelivered says why not; the journal too."""
    from ecslab.aws.iam import principals, seeds, sessions
    from ecslab.aws.iam.decisions import Decisions
    from ecslab.aws.iam.wire import Call

    seeds.ensure(sender.place)
    try:
        role = sessions.trusting(
            sender.place,
            sender.context,
            role_arn=role_arn,
            service=sender.service,
            source_arn=sender.source_arn,
        )
    except sessions.AccessDenied as denied:
        _note(sender, role_arn, denied)
        raise NotDelivered(". ".join((denied.message.rstrip("."), *denied.sentences)), NO_PERMISSIONS) from None
    caller = principals.of_role(sender.place, role.arn, sender.context.hex_id())
    call = Call(service=service, operation=operation, protocol="json", region=sender.place.region, params=params)
    refused = Decisions(sender.place, sender.context).first_denial(call, caller, {}) if caller else "No such role."
    if refused is not None:
        raise NotDelivered(refused, NO_PERMISSIONS)


def _note(sender: Sender, role: str, denied: Any) -> None:
    sender.context.journal.record(
        "iam.denied",
        role,
        denied.message,
        action="sts:AssumeRole",
        resource=role,
        principal=sender.service,
        role=role,
        reason=str(denied.decision.reason) if denied.decision is not None else "NO_SUCH_ROLE",
        sentences=list(denied.sentences),
        decided_by=f"trust policy of {role}" if denied.decision is not None else "",
        statement="",
    )
