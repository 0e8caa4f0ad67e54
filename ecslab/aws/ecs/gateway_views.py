"""Gateway routes as the API shows them: DescribeGatewayRoute, ListGatewayRoutes, DescribeGatewayResources.

They change nothing. ACM certificates are left out: none is made here. Source: Amazon ECS API Reference.
"""

from __future__ import annotations

from typing import Any

from ecslab.aws.ecs.base import Request, page
from ecslab.aws.ecs.gateways import GatewayVerbs, ResourceNotFoundException
from ecslab.model.arn import last_part
from ecslab.model.express import Route
from ecslab.model.gateways import GatewayRoute


class GatewayViewVerbs(GatewayVerbs):
    """The verbs that only look."""

    def describe_route(self, request: Request) -> dict[str, Any]:
        """A route with what was made for it. ResourceNotFoundException."""
        route = self.gateway_routes.get(request["gatewayRouteArn"])
        if route is None:
            raise ResourceNotFoundException(
                f"The gateway route {request['gatewayRouteArn']} was not found. ListGatewayRoutes says what there is."
            )
        groups = [{"arn": self._group_arn(g)} for g in [route.front.security_group]]
        resources = {
            "loadBalancerArn": route.front.load_balancer,
            "listenerArn": route.front.listener,
            "listenerRuleArn": route.route.rule,
            "testListenerRuleArns": list(route.test_rules),
            "loadBalancerSecurityGroups": groups,
            **({"serviceSecurityGroupArn": self._group_arn(route.service_groups[0])} if route.service_groups else {}),
        }
        return {
            "gatewayRouteArn": route.arn,
            "serviceArn": route.service_arn,
            "serviceContainerPortName": route.port_name,
            "status": route.status.value,
            "serviceUrl": route.route.url,
            "resources": {"hostSharedAlb": [resources]},
        }

    def _group_arn(self, group: str) -> str:
        return f"arn:aws:ec2:{self.place.region}:{self.place.account}:security-group/{group}"

    def list_routes(self, request: Request) -> tuple[list[Any], str | None]:
        """Routes by gateway, cluster, service, port and status. GatewayNotFoundException."""
        wanted = {
            "gatewayArn": self.find_gateway(request["gateway"]).gateway_arn if request.get("gateway") else None,
            "clusterArn": self.place.cluster(last_part(request["cluster"])) if request.get("cluster") else None,
            "serviceContainerPortName": request.get("serviceContainerPortName"),
        }
        service, statuses = request.get("service"), request.get("status") or ()
        every = [
            {
                "gatewayRouteArn": route.arn,
                "gatewayArn": route.gateway_arn,
                "clusterArn": self.place.cluster(route.cluster),
                "serviceArn": route.service_arn,
                "serviceContainerPortName": route.port_name,
                "status": route.status.value,
            }
            for route in self.gateway_routes.values()
        ]
        found = [
            one
            for one in every
            if all(value in (None, one[key]) for key, value in wanted.items())
            and service in (None, one["serviceArn"], last_part(one["serviceArn"]))
            and (not statuses or one["status"] in statuses)
        ]
        return page(found, request, 100)

    def describe_resources(self, request: Request) -> tuple[dict[str, Any], str | None]:
        """The load balancers of a gateway, and the routes of each."""
        gateway = self.find_gateway(request["gateway"])
        every = [
            {
                "loadBalancerArn": front.load_balancer,
                "listenerArn": front.listener,
                "securityGroup": front.security_group,
                "gatewayRouteArns": [
                    r.arn for r in self.gateway_routes.values() if r.front.load_balancer == front.load_balancer
                ],
            }
            for front in self.fronts_of(gateway)
        ]
        shown, token = page(every, {**request, "maxResults": request.get("maxResults") or 10}, 20)
        return {"gatewayArn": gateway.gateway_arn, "resources": {"hostSharedAlb": shown}}, token

    def gateway_connections(self, service_arn: str) -> list[dict[str, Any]]:
        """``gatewayConnections`` of a service's revisions."""
        return [self._connection(r) for r in self.gateway_routes.values() if r.service_arn == service_arn]

    def _connection(self, route: GatewayRoute) -> dict[str, Any]:
        way: Route = route.route
        resources = {
            "loadBalancerArn": route.front.load_balancer,
            "loadBalancerSecurityGroupArns": [self._group_arn(route.front.security_group)],
            "listenerArn": route.front.listener,
            "listenerRuleArn": way.rule,
            **({"testListenerRuleArn": route.test_rules[0]} if route.test_rules else {}),
            "targetGroupArn": way.target_groups[0],
            "alternateTargetGroupArn": way.target_groups[1],
        }
        return {
            "gatewayArn": route.gateway_arn,
            "gatewayRouteArn": route.arn,
            "portName": route.port_name,
            "serviceUrl": way.url,
            "accessType": route.front.access.value,
            "status": route.status.value,
            "resources": {"hostSharedAlb": [resources]},
        }
