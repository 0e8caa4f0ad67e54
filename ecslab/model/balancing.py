"""What stands between a service and its users: which target groups its tasks are registered in, and their health.

Pure. It sends no health check; ``after_check`` says what one means. Invariant: a target is healthy after one passed
check when it is new, and after the group's threshold of passed checks in a row when it has been unhealthy.
Source: Elastic Load Balancing User Guide, "Health checks for your target groups" (states, reasons, thresholds).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One target group in which every task of a deployment is registered, with a port of one of its containers."""

    target_group: str
    container: str
    port: int


class TargetState(StrEnum):
    """``State`` of DescribeTargetHealth, of those that targets of ECS have."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"


REASONS = {
    TargetState.INITIAL: ("Elb.InitialHealthChecking", "Initial health checks in progress"),
    TargetState.HEALTHY: ("", ""),
    TargetState.DRAINING: ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How a target group checks: ``path`` is empty where only a connection is made. Times in lab seconds."""

    interval: float
    timeout: float
    healthy: int
    unhealthy: int
    path: str = ""
    codes: str = "200"
    port: int = 0
    """0: the port of the target itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one health check found: an HTTP status, 0 where only a connection was made, or why there was no answer."""

    status: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One registered target. ``target_id`` is an address (ip) or an EC2 instance id (instance)."""

    target_group: str
    target_id: str
    port: int
    task_arn: str
    binding: Binding
    state: TargetState = TargetState.INITIAL
    reason: str = ""
    description: str = ""
    in_a_row: int = 0
    """Checks in a row that say something else than ``state``."""

    @property
    def words(self) -> tuple[str, str]:
        """Reason code and description as DescribeTargetHealth shows them."""
        return REASONS.get(self.state, (self.reason, self.description))


def after_check(target: Target, check: HealthCheck, found: Checked) -> Target:
    """The target after one more health check; one that is being deregistered is not judged."""
    if target.state is TargetState.DRAINING:
        return target
    reason, description = fault(check, found)
    now = TargetState.UNHEALTHY if reason else TargetState.HEALTHY
    if now is target.state:
        return replace(target, in_a_row=0, reason=reason, description=description)
    first = target.state is TargetState.INITIAL and now is TargetState.HEALTHY
    needed = 1 if first else check.healthy if now is TargetState.HEALTHY else check.unhealthy
    if target.in_a_row + 1 < needed:
        return replace(target, in_a_row=target.in_a_row + 1)
    return replace(target, state=now, in_a_row=0, reason=reason, description=description)


def fault(check: HealthCheck, found: Checked) -> tuple[str, str]:
    """Reason code and description of a failed check; empty for one that passed."""
    if found.problem:
        if "timed out" in found.problem:
            return "Target.Timeout", "Request timed out"
        return "Target.FailedHealthChecks", "Health checks failed"
    if check.path and not matches(check.codes, found.status):
        return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{found.status}]"
    return "", ""


def matches(codes: str, status: int) -> bool:
    """Whether a status is among codes such as ``200``, ``200,302`` or ``200-299``."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and int(first) <= status <= int(last or first):
            return True
    return False
