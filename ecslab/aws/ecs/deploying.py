"""Reading ``deploymentConfiguration``: percentages, circuit breaker, alarms, strategy, hooks; and what is refused.

It starts no deployment. Invariant: what it returns can be carried out as it stands; anything else is refused with an
InvalidParameterException that names the field. Source: Amazon ECS API Reference, DeploymentConfiguration; facts:
circuit_breaker, blue_green. The words of most of these errors are this lab's: AWS does not publish its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.errors import InvalidParameterException
from ecslab.model.deployment_settings import (
    BreakerThreshold,
    CircuitBreaker,
    DeploymentAlarms,
    DeploymentConfiguration,
)
from ecslab.model.status import SchedulingStrategy

DEFAULTS = {
    SchedulingStrategy.REPLICA: DeploymentConfiguration(minimum_healthy_percent=100, maximum_percent=200),
    SchedulingStrategy.DAEMON: DeploymentConfiguration(minimum_healthy_percent=0, maximum_percent=100),
}
"""What a service has where its request says nothing."""


def read_settings(given: Mapping[str, Any] | None, now: DeploymentConfiguration) -> DeploymentConfiguration:
    """The settings asked for; what the request leaves out stays as it is ``now``. InvalidParameterException."""
    given = given or {}
    low, high = given.get("minimumHealthyPercent"), given.get("maximumPercent")
    changed = DeploymentConfiguration(
        minimum_healthy_percent=now.minimum_healthy_percent if low is None else low,
        maximum_percent=now.maximum_percent if high is None else high,
        deployment_circuit_breaker=_breaker(given.get("deploymentCircuitBreaker"), now.deployment_circuit_breaker),
        alarms=_alarms(given.get("alarms"), now.alarms),
    )
    low, high = changed.minimum_healthy_percent, changed.maximum_percent
    if not 0 <= low <= 200 or not 100 <= high <= 200 or low > high:
        raise InvalidParameterException(
            f"minimumHealthyPercent {low} and maximumPercent {high} do not go together: the minimum is 0 or more and "
            "not above the maximum, the maximum 100 to 200."
        )
    return changed


def _breaker(given: Mapping[str, Any] | None, now: CircuitBreaker) -> CircuitBreaker:
    if given is None:
        return now
    threshold = given.get("thresholdConfiguration") or {}
    kind, value = threshold.get("type") or "BOUNDED_PERCENT", threshold.get("value")
    wanted = BreakerThreshold(type=kind, value=50 if value is None else value)
    if wanted.value < 1 or (kind != "COUNT" and wanted.value > 100):
        raise InvalidParameterException(
            f"thresholdConfiguration value {wanted.value} is not valid for {kind}: a percentage is 1 to 100, a COUNT "
            "1 or more."
        )
    if given.get("rollback") and not given.get("enable"):
        raise InvalidParameterException("deploymentCircuitBreaker can roll back only where enable is true.")
    return CircuitBreaker(
        enable=bool(given.get("enable")),
        rollback=bool(given.get("rollback")),
        reset_on_healthy_task=given.get("resetOnHealthyTask") is not False,
        threshold_configuration=wanted,
    )


def _alarms(given: Mapping[str, Any] | None, now: DeploymentAlarms | None) -> DeploymentAlarms | None:
    if given is None:
        return now
    names = tuple(given.get("alarmNames") or ())
    if given.get("enable") and not names:
        raise InvalidParameterException(
            "alarms.alarmNames must name at least one CloudWatch alarm where enable is true."
        )
    return DeploymentAlarms(alarm_names=names, enable=bool(given.get("enable")), rollback=bool(given.get("rollback")))
