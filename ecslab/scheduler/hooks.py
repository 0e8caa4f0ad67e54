"""Lifecycle hooks of a deployment: called at a stage, waited for, answered. Pure.

No Lambda function runs in this lab: what a function would answer is told to the lab (``lab.hook``), and SUCCEEDED is
assumed where nothing was told. A PAUSE hook really waits for ContinueServiceDeployment. Invariant: a hook that has
ended is never called again in the same stage and traffic step.
Source: Amazon ECS Developer Guide, "Lifecycle hooks for Amazon ECS service deployments": a function that answers
IN_PROGRESS is run again after 30 seconds; a hook that fails rolls the deployment back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ecslab.model.deployment_settings import HookTimeout, LifecycleHook
from ecslab.model.deployments import HookDetail, ServiceDeployment

TAKES = 5.0
"""Seconds until a function has answered (a choice of this lab)."""
AGAIN = 30.0
"""Seconds after which a function that answered IN_PROGRESS is run again."""
ANSWERS = ("SUCCEEDED", "FAILED", "IN_PROGRESS")
"""What a function can answer."""
WAITING = ("AWAITING_ACTION", "IN_PROGRESS")
PAUSE = "PAUSE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """The hooks of one stage as they now are."""

    record: ServiceDeployment
    done: bool
    trouble: str = ""
    """Why the deployment must be rolled back, if it must."""


def call(record: ServiceDeployment, stage: str, answers: Mapping[str, str], now: float) -> Called:
    """Call the hooks of ``stage`` in the record's traffic step, or hear what they say by now."""
    wished = [
        (n, h) for n, h in enumerate(record.deployment_configuration.lifecycle_hooks) if stage in h.lifecycle_stages
    ]
    if not wished:
        return Called(record=record, done=True)
    details = {d.hook_id: d for d in record.lifecycle_hook_details}
    mine = []
    for number, hook in wished:
        hook_id = _id(record, number, stage)
        detail = details.get(hook_id) or _begun(hook, hook_id, stage, now)
        details[hook_id] = _heard(detail, answers, now)
        mine.append(details[hook_id])
    record = replace(record, lifecycle_hook_details=tuple(details.values()))
    trouble = next((_trouble(d) for d in mine if _trouble(d)), "")
    return Called(record=record, done=all(d.status not in WAITING for d in mine), trouble=trouble)


def _id(record: ServiceDeployment, number: int, stage: str) -> str:
    """Unique in the account, and the same whenever it is asked for."""
    word = record.service_deployment_arn.rsplit("/", 1)[-1]
    return f"{word}-{number}-{stage}-{record.step}" + ("-rollback" if record.is_rolling_back else "")


def _begun(hook: LifecycleHook, hook_id: str, stage: str, now: float) -> HookDetail:
    timeout = hook.timeout_configuration or HookTimeout()
    return HookDetail(
        hook_id=hook_id,
        target_type=hook.target_type,
        target_arn=hook.hook_target_arn,
        status="AWAITING_ACTION" if hook.target_type == PAUSE else "IN_PROGRESS",
        expires_at=now + timeout.timeout_in_minutes * 60.0,
        timeout_action=timeout.action,
        stage=stage,
        begun_at=now,
        heard_at=now + TAKES,
    )


def _heard(detail: HookDetail, answers: Mapping[str, str], now: float) -> HookDetail:
    if detail.status not in WAITING:
        return detail
    if detail.target_type != PAUSE and now >= detail.heard_at:
        answer = answers.get(detail.target_arn or "", "SUCCEEDED")
        if answer != "IN_PROGRESS":
            return replace(detail, status=answer)
        missed = int((now - detail.heard_at) // AGAIN) + 1
        detail = replace(detail, heard_at=detail.heard_at + missed * AGAIN)
    return replace(detail, status="TIMED_OUT") if now >= detail.expires_at else detail


def _trouble(detail: HookDetail) -> str:
    who = "the pause" if detail.target_type == PAUSE else f"the hook {detail.target_arn}"
    if detail.status == "FAILED":
        return f"{who} at {detail.stage} failed"
    if detail.status == "TIMED_OUT" and detail.timeout_action == "ROLLBACK":
        return f"{who} at {detail.stage} did not end in time"
    return ""


def next_time(record: ServiceDeployment) -> float | None:
    """When to look at the hooks again."""
    times = [
        min(d.expires_at, d.expires_at if d.target_type == PAUSE else d.heard_at)
        for d in record.lifecycle_hook_details
        if d.status in WAITING
    ]
    return min(times, default=None)
