"""Elastic Load Balancing v2 as ECS uses it, over moto's: target groups, the health of targets, weights of rules.

moto keeps load balancers, listeners, rules and target groups; the targets that ECS registers are kept here beside them,
by address *and* port (moto knows one port of an instance), with the health that ``control.balancing`` finds. It checks
nothing and carries no request. Invariant: DescribeTargetHealth shows the targets of both.
Source: Elastic Load Balancing API Reference (2015-12-01), DescribeTargetHealth, RegisterTargets, ModifyRule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecslab.model.arn import Place
from ecslab.model.balancing import HealthCheck, Target

DELAY = "deregistration_delay.timeout_seconds"
CONNECTS = ("TCP", "TLS", "UDP", "TCP_UDP")
"""Protocols of health checks that only make a connection."""
Key = tuple[str, int]


def install() -> None:
    """Put our backend into moto, before it is made."""
    from moto.backends import get_backend
    from moto.elbv2.models import ELBv2Backend, FakeHealthStatus

    class LabElbv2Backend(ELBv2Backend):  # type: ignore[misc]
        """moto's, with the targets of ECS services. ``ours`` has them by target group, id and port."""

        def __init__(self, region_name: str, account_id: str) -> None:
            super().__init__(region_name, account_id)
            self.ours: dict[str, dict[Key, Target]] = {}

        def describe_target_health(self, target_group_arn: str, targets: list[dict[str, Any]]) -> list[Any]:
            """Ours that are asked for, and moto's."""
            mine = self.ours.get(target_group_arn, {})
            if not targets:
                others = super().describe_target_health(target_group_arn, [])
                return [*(_shown(FakeHealthStatus, target) for target in mine.values()), *others]
            found: list[Any] = []
            for asked in targets:
                known = [t for t in mine.values() if _is(t, asked)]
                if known:
                    found += [_shown(FakeHealthStatus, target) for target in known]
                else:
                    found += super().describe_target_health(target_group_arn, [asked])
            return found

        def deregister_targets(self, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
            """Ours go, too, when somebody deregisters them by hand: ECS does not put them back."""
            mine, others = self.ours.get(target_group_arn, {}), []
            for asked in instances:
                known = [key for key, target in mine.items() if _is(target, asked)]
                for key in known:
                    del mine[key]
                others += [] if known else [asked]
            if others or not instances:
                super().deregister_targets(target_group_arn, others)

    LabElbv2Backend.__module__ = ELBv2Backend.__module__
    get_backend("elbv2").backend = LabElbv2Backend


def _is(target: Target, asked: Mapping[str, Any]) -> bool:
    port = asked.get("Port")
    return target.target_id == asked["Id"] and (port is None or int(port) == target.port)


def _shown(kind: Any, target: Target) -> Any:
    words = (text or None for text in target.words)
    return kind(target.target_id, target.port, str(target.port), target.state.value, *words)


def backend_of(place: Place) -> Any:
    """moto's Elastic Load Balancing of an account and region, which is ours."""
    from moto.elbv2.models import elbv2_backends

    return elbv2_backends[place.account][place.region]


def group(place: Place, arn: str) -> Any:
    """The target group of that ARN, or None."""
    return backend_of(place).target_groups.get(arn)


def is_used(place: Place, arn: str) -> bool:
    """Whether a load balancer has a listener or a rule that forwards to a target group."""
    return any(arn in _forwarded(rule) for rule in _rules(place))


def put(place: Place, target: Target) -> None:
    """Register a target, or record its health."""
    backend_of(place).ours.setdefault(target.target_group, {})[target.target_id, target.port] = target


def known(place: Place, target: Target) -> Target | None:
    """The target as it is now; None where it has been deregistered."""
    found: Target | None = backend_of(place).ours.get(target.target_group, {}).get((target.target_id, target.port))
    return found if found is not None and found.task_arn == target.task_arn else None


def remove(place: Place, target: Target) -> None:
    """Forget a target."""
    if known(place, target) is not None:
        del backend_of(place).ours[target.target_group][target.target_id, target.port]


def check_of(place: Place, arn: str) -> HealthCheck | None:
    """How a target group checks its targets; None where it is gone."""
    found = group(place, arn)
    if found is None:
        return None
    connects = str(found.health_check_protocol or found.protocol) in CONNECTS
    port = str(found.health_check_port or "")
    return HealthCheck(
        interval=float(found.health_check_interval_seconds),
        timeout=float(found.health_check_timeout_seconds),
        healthy=int(found.healthy_threshold_count),
        unhealthy=int(found.unhealthy_threshold_count),
        path="" if connects else str(found.health_check_path or "/"),
        codes=str((getattr(found, "matcher", None) or {}).get("HttpCode") or "200"),
        port=int(port) if port.isdigit() else 0,
    )


def delay(place: Place, arn: str) -> float:
    """Seconds for which a target group drains a target that is deregistered."""
    found = group(place, arn)
    return float(found.attributes.get(DELAY, 300)) if found is not None else 0.0


def rule(place: Place, arn: str) -> Any:
    """The listener rule of that ARN (a listener's default rule included), or None."""
    return next((found for found in _rules(place) if found.arn == arn), None)


def weigh(place: Place, arn: str, weights: Mapping[str, float]) -> bool:
    """Have a rule forward to target groups by weight; False where the rule is gone or does so already."""
    from moto.elbv2.models import FakeAction

    found = rule(place, arn)
    groups = [{"TargetGroupArn": name, "Weight": round(weight)} for name, weight in weights.items()]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    if found is None or [_weights(action.data) for action in found.actions if action.type == "forward"] == [groups]:
        return False
    kept = [action for action in found.actions if action.type != "forward"]
    found.actions = [*kept, FakeAction({**forward, "Order": len(kept) + 1} if kept else forward)]
    if found.is_default:
        _listener(place, found.listener_arn).default_actions = found.actions
    return True


def _listener(place: Place, arn: str) -> Any:
    return next(b.listeners[arn] for b in backend_of(place).load_balancers.values() if arn in b.listeners)


def _weights(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    groups = (data.get("ForwardConfig") or {}).get("TargetGroups") or []
    return [{"TargetGroupArn": g["TargetGroupArn"], "Weight": int(g.get("Weight", 1))} for g in groups]


def _rules(place: Place) -> Iterable[Any]:
    for listeners in backend_of(place).load_balancers.values():
        for listener in listeners.listeners.values():
            yield from listener.rules.values()


def _forwarded(found: Any) -> set[str]:
    arns = set()
    for action in found.actions:
        if action.data.get("TargetGroupArn"):
            arns.add(action.data["TargetGroupArn"])
        arns |= {one["TargetGroupArn"] for one in _weights(action.data)}
    return arns
