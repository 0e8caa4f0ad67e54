"""Reading ``deploymentConfiguration``: percentages, circuit breaker, alarms, strategy, hooks; and what is refused.

It starts no deployment. Invariant: what it returns can be carried out as it stands; anything else is refused with an
InvalidParameterException that names the field. Source: Amazon ECS API Reference, DeploymentConfiguration; facts:
circuit_breaker, blue_green. The words of most of these errors are this lab's: AWS does not publish its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecslab.errors import InvalidParameterException
from ecslab.model.deployment_settings import (
    BEFORE_PRODUCTION,
    BreakerThreshold,
    CanaryConfiguration,
    CircuitBreaker,
    DeploymentAlarms,
    DeploymentConfiguration,
    DeploymentStrategy,
    HookTimeout,
    LifecycleHook,
    LinearConfiguration,
)
from ecslab.model.status import SchedulingStrategy

NO_PAUSE = ("TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT")
"""Stages at which a hook cannot be a pause."""
HOOK_STAGES = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    BEFORE_PRODUCTION,
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)
"""Stages at which a hook can be."""
DEFAULTS = {
    SchedulingStrategy.REPLICA: DeploymentConfiguration(minimum_healthy_percent=100, maximum_percent=200),
    SchedulingStrategy.DAEMON: DeploymentConfiguration(minimum_healthy_percent=0, maximum_percent=100),
}
"""What a service has where its request says nothing."""


def read_settings(given: Mapping[str, Any] | None, now: DeploymentConfiguration) -> DeploymentConfiguration:
    """The settings asked for; what the request leaves out stays as it is ``now``. InvalidParameterException."""
    given = given or {}
    low, high = given.get("minimumHealthyPercent"), given.get("maximumPercent")
    changed = replace(
        _shifting(given, now),
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


def check_controller(controller: str, settings: DeploymentConfiguration, scheduling: SchedulingStrategy) -> None:
    """What a deployment controller does not go with. InvalidParameterException."""
    if settings.shifts_traffic and controller != "ECS":
        raise InvalidParameterException(
            f"The {settings.strategy} deployment strategy goes with the ECS deployment controller only; it is "
            f"{controller}."
        )
    if settings.shifts_traffic and scheduling is SchedulingStrategy.DAEMON:
        raise InvalidParameterException(
            f"The {settings.strategy} deployment strategy is not supported for the DAEMON scheduling strategy. "
            "Use ROLLING."
        )
    if controller != "ECS" and scheduling is SchedulingStrategy.DAEMON:
        raise InvalidParameterException(
            f"The DAEMON scheduling strategy is not supported with the {controller} deployment controller. Use ECS."
        )


def _shifting(given: Mapping[str, Any], now: DeploymentConfiguration) -> DeploymentConfiguration:
    """Strategy, bake time, hooks and traffic steps."""
    try:
        strategy = DeploymentStrategy(given.get("strategy") or now.strategy)
    except ValueError:
        raise InvalidParameterException(
            f"deploymentConfiguration.strategy {given['strategy']} is not valid. "
            "Use ROLLING, BLUE_GREEN, LINEAR or CANARY."
        ) from None
    if (given.get("earlySuccessCriteria") or {}).get("enable"):
        raise InvalidParameterException(
            "This lab does not have early success criteria yet (earlySuccessCriteria). Leave it out, or disable it."
        )
    same = strategy is now.strategy
    bake, hooks = given.get("bakeTimeInMinutes"), given.get("lifecycleHooks")
    changed = DeploymentConfiguration(
        strategy=strategy,
        bake_time_in_minutes=bake if bake is not None or not same else now.bake_time_in_minutes,
        lifecycle_hooks=tuple(_hook(h) for h in hooks) if hooks is not None else (now.lifecycle_hooks if same else ()),
        linear_configuration=_linear(given.get("linearConfiguration"), now.linear_configuration if same else None),
        canary_configuration=_canary(given.get("canaryConfiguration"), now.canary_configuration if same else None),
    )
    _check_shifting(changed)
    return changed


def _check_shifting(settings: DeploymentConfiguration) -> None:
    strategy, bake = settings.strategy, settings.bake_time_in_minutes
    only = {
        "linearConfiguration": (settings.linear_configuration, strategy is DeploymentStrategy.LINEAR, "LINEAR"),
        "canaryConfiguration": (settings.canary_configuration, strategy is DeploymentStrategy.CANARY, "CANARY"),
        "bakeTimeInMinutes": (bake, settings.shifts_traffic, "BLUE_GREEN, LINEAR or CANARY"),
        "lifecycleHooks": (settings.lifecycle_hooks or None, settings.shifts_traffic, "BLUE_GREEN, LINEAR or CANARY"),
    }
    for key, (value, fits, where) in only.items():
        if value is not None and not fits:
            raise InvalidParameterException(
                f"deploymentConfiguration.{key} goes only with the strategy {where}; it is {strategy}."
            )
    if strategy is DeploymentStrategy.BLUE_GREEN and bake is None:
        raise InvalidParameterException(
            "deploymentConfiguration.bakeTimeInMinutes is required for the strategy BLUE_GREEN. Give 0 to 1440."
        )
    if bake is not None:
        _within("bakeTimeInMinutes", bake, 0, 1440)


def _within(what: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidParameterException(
            f"deploymentConfiguration.{what} must be between {low:g} and {high:g}; it is {value:g}."
        )


def _percent(what: str, value: float, low: float) -> float:
    _within(what, value, low, 100)
    if abs(value * 10 - round(value * 10)) > 1e-6:
        raise InvalidParameterException(f"deploymentConfiguration.{what} must be a multiple of 0.1; it is {value:g}.")
    return float(value)


def _linear(given: Mapping[str, Any] | None, now: LinearConfiguration | None) -> LinearConfiguration | None:
    if given is None:
        return now
    wait = given.get("stepBakeTimeInMinutes")
    wait = 6 if wait is None else wait
    _within("linearConfiguration.stepBakeTimeInMinutes", wait, 0, 1440)
    share = given.get("stepPercent")
    percent = _percent("linearConfiguration.stepPercent", 10.0 if share is None else share, 3)
    return LinearConfiguration(step_percent=percent, step_bake_time_in_minutes=wait)


def _canary(given: Mapping[str, Any] | None, now: CanaryConfiguration | None) -> CanaryConfiguration | None:
    if given is None:
        return now
    wait = given.get("canaryBakeTimeInMinutes")
    wait = 10 if wait is None else wait
    _within("canaryConfiguration.canaryBakeTimeInMinutes", wait, 0, 1440)
    share = given.get("canaryPercent")
    percent = _percent("canaryConfiguration.canaryPercent", 5.0 if share is None else share, 0.1)
    return CanaryConfiguration(canary_percent=percent, canary_bake_time_in_minutes=wait)


def _hook(given: Mapping[str, Any]) -> LifecycleHook:
    kind, stages = given.get("targetType") or "AWS_LAMBDA", tuple(given.get("lifecycleStages") or ())
    unknown = [stage for stage in stages if stage not in HOOK_STAGES]
    if not stages or unknown:
        raise InvalidParameterException(
            f"lifecycleHooks.lifecycleStages must name one or more of {', '.join(HOOK_STAGES)}"
            + (f"; {unknown[0]} is none of them." if unknown else ".")
        )
    if kind == "PAUSE" and (never := [stage for stage in stages if stage in NO_PAUSE]):
        raise InvalidParameterException(
            f"A PAUSE hook cannot be configured at {never[0]}. Use an AWS_LAMBDA hook there, or another stage."
        )
    if kind == "AWS_LAMBDA" and not (given.get("hookTargetArn") and given.get("roleArn")):
        raise InvalidParameterException(
            "A lifecycle hook of type AWS_LAMBDA needs hookTargetArn (the function) and roleArn (a role that "
            "Amazon ECS assumes to call it)."
        )
    if kind not in ("PAUSE", "AWS_LAMBDA"):
        raise InvalidParameterException(f"lifecycleHooks.targetType {kind} is not valid. Use AWS_LAMBDA or PAUSE.")
    return LifecycleHook(
        target_type=kind,
        hook_target_arn=given.get("hookTargetArn"),
        role_arn=given.get("roleArn"),
        lifecycle_stages=stages,
        hook_details=given.get("hookDetails"),
        timeout_configuration=_timeout(given.get("timeoutConfiguration")),
    )


def _timeout(given: Mapping[str, Any] | None) -> HookTimeout | None:
    if given is None:
        return None
    minutes = given.get("timeoutInMinutes")
    minutes = 1440 if minutes is None else minutes
    _within("lifecycleHooks.timeoutConfiguration.timeoutInMinutes", minutes, 1, 20160)
    return HookTimeout(timeout_in_minutes=minutes, action=given.get("action") or "ROLLBACK")


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
