"""Load balancers that ECS itself makes and shares between services, in moto's backends: fronts, and routes through.

It decides nothing and keeps nothing: who uses what is the caller's. Invariant: a route removed leaves neither rule nor
target group, a front removed neither load balancer nor security group. No certificate is made for its HTTPS listener.
The names are those seen on AWS (``ecs-express-gateway-alb-…``, ``ecs-gateway-tg-…``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecslab.aws import balancing, ec2
from ecslab.model.arn import Place
from ecslab.model.express import AccessType, Front, Route

ANYWHERE = "0.0.0.0/0"
HTTPS = 443
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
MANAGED = {"AmazonECSManaged": "true"}
"""The tag on everything that ECS makes for a customer."""
NOBODY = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "Not Found"},
}
"""What the listener answers for a host name that is no service's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Where a front stands."""

    vpc: str
    subnets: tuple[str, ...]
    access: AccessType = AccessType.PUBLIC
    dualstack: bool = False
    inbound: str = ""
    """A security group of the customer's that lets requests in; the front's own then has no rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The port of a route's targets, and how they are checked (``modify_target_group``'s words in ``more``)."""

    port: int
    path: str
    more: Mapping[str, Any] = field(default_factory=dict)


def make_front(place: Place, name: str, network: Network, tags: Mapping[str, str] = MANAGED) -> Front:
    """A load balancer with an HTTPS listener that knows no host yet, one subnet in each zone, and a security group."""
    subnets = _one_in_each_zone(place, network.subnets)
    group = make_group(place, f"{name}-sg", network.vpc, tags)
    if not network.inbound:
        for port in (80, HTTPS):
            _let_in(place, group, port, ip_ranges=[{"CidrIp": ANYWHERE}])
    elb, public = balancing.backend_of(place), network.access is AccessType.PUBLIC
    made = elb.create_load_balancer(
        name=name,
        security_groups=[group, *([network.inbound] if network.inbound else [])],
        subnet_ids=list(subnets.values()),
        scheme="internet-facing" if public else "internal",
        loadbalancer_type="application",
        ip_address_type="dualstack" if network.dualstack else "ipv4",
        tags=_listed(tags),
    )
    made.state = "active"
    listener = elb.create_listener(made.arn, "HTTPS", str(HTTPS), TLS_POLICY, None, [NOBODY], tags=_listed(tags))
    return Front(
        load_balancer=made.arn,
        listener=listener.arn,
        security_group=group,
        vpc=network.vpc,
        access=network.access,
        zones=frozenset(subnets),
    )


def _one_in_each_zone(place: Place, subnets: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for subnet in subnets:
        found.setdefault(ec2.zone_of(place, subnet), subnet)
    return found


def remove_front(place: Place, front: Front) -> None:
    """Forget a load balancer and its security group."""
    balancing.backend_of(place).delete_load_balancer(front.load_balancer)
    remove_group(place, front.security_group)


def close(place: Place, front: Front) -> None:
    """Take every rule from a front's own security group: another one lets requests in."""
    found = ec2.security_group(place, front.security_group)
    if found is not None:
        found.ingress_rules = []


def stands(place: Place, front: Front) -> bool:
    """Whether nobody has deleted the load balancer or its listener by hand."""
    balancer = balancing.backend_of(place).load_balancers.get(front.load_balancer)
    return balancer is not None and front.listener in balancer.listeners


def make_route(
    place: Place, front: Front, host: str, checks: Checks, names: tuple[str, str], tags: Mapping[str, str] = MANAGED
) -> Route:
    """Two target groups for addresses, and a rule that sends requests for the host to the first of them."""
    elb = balancing.backend_of(place)
    groups = tuple(
        elb.create_target_group(
            name,
            vpc_id=front.vpc,
            protocol="HTTP",
            port=str(checks.port),
            target_type="ip",
            healthcheck_path=checks.path,
            tags=_listed(tags),
        ).arn
        for name in names
    )
    for group in groups:
        check(place, group, checks)
    weights = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(groups, (100, 0), strict=True)]
    rule = elb.create_rule(
        front.listener,
        conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}],
        priority=_free_priority(place, front),
        actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
        tags=_listed(tags),
    )
    return Route(host=host, rule=rule.arn, target_groups=(groups[0], groups[1]))


def make_test_rule(
    place: Place, front: Front, route: Route, header: Mapping[str, Any], tags: Mapping[str, str] = MANAGED
) -> str:
    """A rule that sends a host's requests with a header to its first target group, before the other rule; its ARN."""
    elb = balancing.backend_of(place)
    production = balancing.rule(place, route.rule)
    priority, production.priority = production.priority, _free_priority(place, front)
    weights = [{"TargetGroupArn": arn, "Weight": w} for arn, w in zip(route.target_groups, (100, 0), strict=True)]
    http = {"HttpHeaderName": header["name"], "Values": list(header["values"])}
    made = elb.create_rule(
        front.listener,
        conditions=[
            {"Field": "host-header", "HostHeaderConfig": {"Values": [route.host]}},
            {"Field": "http-header", "HttpHeaderConfig": http},
        ],
        priority=priority,
        actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
        tags=_listed(tags),
    )
    return str(made.arn)


def check(place: Place, group: str, checks: Checks) -> None:
    """Have a target group check its targets in another way."""
    balancing.backend_of(place).modify_target_group(group, health_check_path=checks.path, **checks.more)


def _free_priority(place: Place, front: Front) -> int:
    rules = balancing.backend_of(place).load_balancers[front.load_balancer].listeners[front.listener].rules.values()
    taken = {int(rule.priority) for rule in rules if str(rule.priority).isdigit()}
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def hosts(place: Place, front: Front) -> frozenset[str]:
    """The host names that the rules of a front know."""
    balancer = balancing.backend_of(place).load_balancers.get(front.load_balancer)
    listener = balancer.listeners.get(front.listener) if balancer is not None else None
    conditions = [c for rule in (listener.rules.values() if listener else ()) for c in rule.conditions]
    return frozenset(v for c in conditions for v in (c.get("HostHeaderConfig") or {}).get("Values") or ())


def remove_route(place: Place, route: Route) -> None:
    """Forget a rule and its target groups, as far as they are still there."""
    elb = balancing.backend_of(place)
    elb.delete_rule(route.rule)
    for group in route.target_groups:
        elb.ours.pop(group, None)
        if group in elb.target_groups and not balancing.is_used(place, group):
            elb.delete_target_group(group)


# security groups


def make_group(place: Place, name: str, vpc: str, tags: Mapping[str, str] = MANAGED) -> str:
    """A security group without a rule that lets anything in; its id."""
    made = ec2.backend_of(place).create_security_group(
        name, "Managed by Amazon ECS", vpc_id=vpc, tags=dict(tags), force=True
    )
    return str(made.id)


def let_in_from(place: Place, group: str, front: Front, port: int) -> None:
    """Let the load balancer's requests to a port into a security group, if it does not yet."""
    found = ec2.security_group(place, group)
    known = found is not None and any(
        rule.from_port == port and rule.source_group.get("GroupId") == front.security_group
        for rule in found.ingress_rules
    )
    if found is not None and not known:
        _let_in(place, group, port, source_groups=[{"GroupId": front.security_group}])


def keep_out(place: Place, group: str, front: Front) -> None:
    """Take back what ``let_in_from`` gave."""
    found = ec2.security_group(place, group)
    if found is not None:
        found.ingress_rules = [
            rule for rule in found.ingress_rules if rule.source_group.get("GroupId") != front.security_group
        ]


def _let_in(place: Place, group: str, port: int, **sources: Any) -> None:
    given = {"ip_ranges": [], **sources}
    vpc = ec2.security_group(place, group).vpc_id
    ec2.backend_of(place).authorize_security_group_ingress(group, "tcp", port, port, vpc_id=vpc, **given)


def remove_group(place: Place, group: str) -> None:
    """Forget a security group, if it is still there."""
    if ec2.security_group(place, group) is not None:
        ec2.backend_of(place).delete_security_group(group_id=group)


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
