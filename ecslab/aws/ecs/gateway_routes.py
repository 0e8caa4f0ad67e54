"""``gatewayConnectors`` of services: which gateways a service goes through, and the routes that are made for it.

A connector becomes a route in each gateway of the cluster that fits: two target groups, a rule for a host name of its
own, an ingress rule in the service's security groups; a load balancer is made with the first route and goes with the
last. Choices of this lab: a route is ACTIVE when the call returns; a load balancer has at most 25 routes; where a
gateway's load balancers are all full, the request is refused. Invariant: a route goes when no task is left behind it.
Source: Amazon ECS Developer Guide, "Connect Amazon ECS services to a gateway", "Troubleshoot a gateway" (which fit).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws import balancing, ec2, ingress
from ecslab.aws.ecs.base import Request
from ecslab.aws.ecs.gateway_reading import check_connector, checks_of
from ecslab.aws.ecs.gateway_views import GatewayViewVerbs
from ecslab.errors import InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.definition import ContainerDefinition, TaskDefinition
from ecslab.model.express import Front
from ecslab.model.gateways import AssociationStatus, Gateway, GatewayRoute, RouteStatus
from ecslab.model.service import Service
from ecslab.model.status import NetworkMode, ServiceStatus

Given = Mapping[str, Any]
SHARE = 25
"""Routes of one load balancer."""
LOOK = 10.0
"""Lab seconds between two looks whether a route has lost its last task."""


class GatewayRouteVerbs(GatewayViewVerbs):
    """Connecting services, and the verbs about routes."""

    def connected(self, service: Service, request: Request) -> Service:
        """The service with the target groups of its gateway routes, which are made or given up as it asks.

        InvalidParameterException. Nothing may be refused after this.
        """
        given = request.get("gatewayConnectors")
        if given is None and not service.gateway_connectors:
            return service
        connectors = tuple(service.gateway_connectors if given is None else given)
        wanted = self._fitting(service, connectors) if given else []
        if not connectors:
            self._give_up(service, ())
            return replace(service, gateway_connectors=(), gateway_balancers=())
        container, port = self._port(service, connectors[0]["portName"])
        if given is None:
            active = [r for r in self._routes_of(service) if r.status is RouteStatus.ACTIVE]
            routes = [self._admit(service, route, port) for route in active]
        else:
            routes = self._connect(service, connectors[0], wanted, port)
            self._give_up(service, [route.arn for route in routes])
        balancers = tuple(self._balancer(route, container.name, port) for route in routes)
        return replace(service, gateway_connectors=connectors, gateway_balancers=balancers)

    def _routes_of(self, service: Service) -> list[GatewayRoute]:
        return [r for r in self.gateway_routes.values() if r.service_arn == service.service_arn]

    # what is refused

    def _fitting(self, service: Service, connectors: tuple[Given, ...]) -> list[Gateway]:
        """The gateways a service is to be connected with. InvalidParameterException where it cannot be."""
        if len(connectors) > 1:
            raise InvalidParameterException("gatewayConnectors: a service can have at most one gateway connector.")
        if service.resource_management_type == "ECS":
            raise InvalidParameterException(
                "gatewayConnectors: an Express service has a gateway of its own and cannot use another."
            )
        if service.deployment_controller["type"] != "ECS":
            raise InvalidParameterException("gatewayConnectors go only with the ECS deployment controller.")
        self._port(service, connectors[0]["portName"])
        check_connector(connectors[0])
        cluster = service.cluster_name
        active = (n for (n, c), s in self.associations.items() if c == cluster and s is AssociationStatus.ACTIVE)
        gateways = [self.gateways[name] for name in active]
        if not gateways:
            raise InvalidParameterException(
                f"gatewayConnectors were specified but no gateways are associated with cluster {cluster}. "
                "AssociateGatewayWithCluster does it."
            )
        return self._compatible(service, connectors[0], gateways)

    def _compatible(self, service: Service, connector: Given, gateways: list[Gateway]) -> list[Gateway]:
        vpc = (service.network_configuration or {}).get("awsvpcConfiguration") or {}
        found = [ec2.subnet(self.place, subnet) for subnet in vpc.get("subnets") or ()]
        where = f"The cluster {service.cluster_name}"
        near = [g for g in gateways if any(s is not None and s.vpc_id == g.vpc for s in found)]
        if not near:
            raise InvalidParameterException(f"{where} has associated gateways but none are in the service's VPC.")
        types = (connector.get("filters") or {}).get("accessTypes") or ()
        matching = [g for g in near if not types or g.access.value in types]
        if not matching:
            raise InvalidParameterException(
                f"gatewayConnectors: none of the gateways associated with cluster {service.cluster_name} matches "
                f"filters.accessTypes {', '.join(types)}."
            )
        zones = {str(s.availability_zone) for s in found if s is not None}
        covering = [g for g in matching if zones <= {ec2.zone_of(self.place, subnet) for subnet in g.subnets}]
        if not covering:
            raise InvalidParameterException(
                f"gatewayConnectors: no gateway of cluster {service.cluster_name} covers every Availability Zone of "
                f"the service's subnets ({', '.join(sorted(zones))})."
            )
        for gateway in covering:
            self._check_room(service, gateway)
        return covering

    def _check_room(self, service: Service, gateway: Gateway) -> None:
        has = any(r.gateway_arn == gateway.gateway_arn for r in self._routes_of(service))
        if not has and self._free_front(gateway) is None:
            used = len(self.fronts_of(gateway))
            if used >= gateway.settings["maxAlbCount"]:
                raise InvalidParameterException(
                    f"gatewayConnectors: the {used} load balancers of gateway {gateway.name} are full. Raise its "
                    "maxAlbCount."
                )

    def _port(self, service: Service, name: str) -> tuple[ContainerDefinition, int]:
        """The container and the number of the port of that name."""
        definition: TaskDefinition = self.store.definitions[service.task_definition]
        if definition.network_mode is not NetworkMode.AWSVPC:
            raise InvalidParameterException("gatewayConnectors need a task definition with the network mode awsvpc.")
        for container in definition.containers:
            for mapping in container.port_mappings:
                if name and mapping.name == name:
                    return container, mapping.container_port
        raise InvalidParameterException(
            f"gatewayConnectors: the task definition {definition.family}:{definition.revision} has no port mapping "
            f"named {name}. Give a port mapping that name."
        )

    # making

    def _connect(self, service: Service, connector: Given, gateways: list[Gateway], port: int) -> list[GatewayRoute]:
        checks = checks_of(connector, port)
        found = []
        for gateway in gateways:
            known = [r for r in self._routes_of(service) if r.gateway_arn == gateway.gateway_arn]
            route = known[0] if known else self._make(service, gateway, checks)
            route = replace(route, port_name=connector["portName"], status=RouteStatus.ACTIVE)
            self._set_checks(route, connector, checks)
            found.append(self._admit(service, route, port))
        return found

    def _admit(self, service: Service, route: GatewayRoute, port: int) -> GatewayRoute:
        """Let the route's load balancer into the security groups that the service has now, and write the route down."""
        vpc = (service.network_configuration or {}).get("awsvpcConfiguration") or {}
        groups = tuple(vpc.get("securityGroups") or ())
        for group in groups:
            ingress.let_in_from(self.place, group, route.front, port)
        known = tuple(dict.fromkeys((*groups, *route.service_groups)))
        self.gateway_routes[route.arn] = replace(route, service_groups=known)
        return self.gateway_routes[route.arn]

    def _set_checks(self, route: GatewayRoute, connector: Given, checks: ingress.Checks) -> None:
        delay = (connector.get("deregistrationDelay") or {}).get("timeoutSeconds")
        for group in route.route.target_groups:
            ingress.check(self.place, group, checks)
            if delay is not None:
                balancing.group(self.place, group).attributes[balancing.DELAY] = str(delay)

    def _make(self, service: Service, gateway: Gateway, checks: ingress.Checks) -> GatewayRoute:
        own = {t["key"]: t.get("value") or "" for t in gateway.tags} if gateway.propagate_tags == "GATEWAY" else {}
        tags = {**own, **ingress.MANAGED}
        front = self._free_front(gateway) or self._new_front(gateway, tags)
        label = (service.service_name[:2].lower().replace("_", "-").strip("-") or "s") + f"-{self.context.hex_id()}"
        host = f"{label}.ecs.{self.place.region}.on.aws"
        words = tuple(f"ecs-gateway-tg-{self.context.hex_id(17)}" for _ in range(2))
        route = ingress.make_route(self.place, front, host, checks, (words[0], words[1]), tags)
        header = (gateway.settings.get("testTrafficRules") or {}).get("header")
        tests = (ingress.make_test_rule(self.place, front, route, header, tags),) if header else ()
        made = GatewayRoute(
            arn=self.place.gateway_route(gateway.name, self.context.hex_id()),
            gateway_arn=gateway.gateway_arn,
            service_arn=service.service_arn,
            port_name="",
            front=front,
            route=route,
            test_rules=tests,
        )
        self.note("gateway.route", made.arn, f"service {service.service_name} is reached at {route.url}")
        return made

    def _free_front(self, gateway: Gateway) -> Front | None:
        """A load balancer of a gateway that has room for one more route."""
        for front in self.fronts_of(gateway):
            used = sum(r.front.load_balancer == front.load_balancer for r in self.gateway_routes.values())
            if used < SHARE and ingress.stands(self.place, front):
                return front
        return None

    def _new_front(self, gateway: Gateway, tags: Mapping[str, str]) -> Front:
        network = ingress.Network(
            vpc=gateway.vpc,
            subnets=gateway.subnets,
            access=gateway.access,
            inbound=gateway.settings["networkConfiguration"].get("inboundSecurityGroup") or "",
        )
        front = ingress.make_front(self.place, f"ecs-gateway-alb-{self.context.hex_id(8)}", network, tags)
        self.furnish(gateway, front)
        return front

    def _balancer(self, route: GatewayRoute, container: str, port: int) -> Given:
        """A route as the load balancer of a service that it is."""
        gateway = self.gateways[last_part(route.gateway_arn)]
        advanced = {
            "alternateTargetGroupArn": route.route.target_groups[1],
            "productionListenerRule": route.route.rule,
            "roleArn": gateway.infrastructure_role_arn,
            **({"testListenerRule": route.test_rules[0]} if route.test_rules else {}),
        }
        return {
            "targetGroupArn": route.route.target_groups[0],
            "containerName": container,
            "containerPort": port,
            "advancedConfiguration": advanced,
        }

    # giving up

    def _give_up(self, service: Service, kept: Iterable[str]) -> None:
        """Have the other routes of a service go once no task is behind them."""
        leaving = [r for r in self._routes_of(service) if r.arn not in tuple(kept)]
        for route in leaving:
            self.gateway_routes[route.arn] = replace(route, status=RouteStatus.DELETE_IN_PROGRESS)
        if leaving:
            self.tidy_routes_later()

    def give_up_routes(self, service: Service) -> None:
        """A service is deleted: its routes go with its tasks."""
        self._give_up(service, ())

    def tidy_routes_later(self) -> None:
        """Look in a while which routes may go."""
        self.context.timeline.call_later(LOOK, self._tidy_routes)

    def _tidy_routes(self) -> None:
        leaving = [r for r in self.gateway_routes.values() if r.status is RouteStatus.DELETE_IN_PROGRESS]
        for route in leaving:
            if not self._is_used(route):
                self._remove_route(route)
        self.end_associations()
        if any(r.status is RouteStatus.DELETE_IN_PROGRESS for r in self.gateway_routes.values()):
            self.tidy_routes_later()

    def _is_used(self, route: GatewayRoute) -> bool:
        """Whether a deployment of the service still puts tasks behind a route, or some are there."""
        groups = set(route.route.target_groups)
        service = self.store.service(route.cluster, last_part(route.service_arn))
        works = service.works if service is not None and service.status is not ServiceStatus.INACTIVE else ()
        ours = balancing.backend_of(self.place).ours
        return any(b.target_group in groups for w in works for b in w.bindings) or any(ours.get(g) for g in groups)

    def _remove_route(self, route: GatewayRoute) -> None:
        del self.gateway_routes[route.arn]
        for rule in route.test_rules:
            balancing.backend_of(self.place).delete_rule(rule)
        ingress.remove_route(self.place, route.route)
        others = [r for r in self.gateway_routes.values() if r.front.load_balancer == route.front.load_balancer]
        for group in route.service_groups:
            if not any(group in other.service_groups for other in others):
                ingress.keep_out(self.place, group, route.front)
        if not others:
            ingress.remove_front(self.place, route.front)
        self.note("gateway.route", route.arn, f"the route {route.route.host} is gone")
