"""Gateways: Create, Update, Delete, Describe, List, and their associations with clusters.

They are records until a service connects (``gateway_routes``). Choices of this lab, where AWS documents nothing: an
update takes ten lab seconds; a gateway whose association is ending is not associated anew before it has ended.
Invariant: a gateway that is gone has no association, and a cluster at most five. Source: Amazon ECS API Reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws import balancing, ingress
from ecslab.aws.ecs import gateway_reading as reading
from ecslab.aws.ecs.base import Request, Verbs, at_most, page
from ecslab.aws.ecs.express_reading import check_infrastructure
from ecslab.errors import ApiError, InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.express import Front
from ecslab.model.gateways import AssociationStatus, Gateway, GatewayRoute, GatewayStatus

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
MOST_OF_CLUSTER = 5
"""Gateways with which a cluster can be associated."""
UPDATING = 10.0
"""Lab seconds until an update has reached every load balancer."""
MODIFY = "elasticloadbalancing:ModifyLoadBalancerAttributes"


class GatewayNotFoundException(ApiError):
    """There is no such gateway."""


class ResourceNotFoundException(ApiError):
    """There is no such association or route."""


class GatewayVerbs(Verbs):
    """The verbs about gateways themselves."""

    gateways: dict[str, Gateway]
    """By name."""
    associations: dict[tuple[str, str], AssociationStatus]
    """By names of gateway and cluster, oldest first."""
    gateway_routes: dict[str, GatewayRoute]
    """By ARN."""

    def find_gateway(self, name_or_arn: str) -> Gateway:
        """The gateway of a name or ARN. GatewayNotFoundException."""
        found = self.gateways.get(last_part(name_or_arn))
        if found is None or (name_or_arn.startswith("arn:") and name_or_arn != found.gateway_arn):
            raise GatewayNotFoundException(f"The gateway {name_or_arn} was not found. ListGateways says what there is.")
        return found

    def create_gateway(self, request: Request) -> Mapping[str, Any]:
        """A gateway; it is ACTIVE at once and has no load balancer yet."""
        name, role = request["name"], request["infrastructureRoleArn"]
        if not NAME.fullmatch(name):
            raise InvalidParameterException(
                "Invalid gateway name. Use up to 255 letters, digits, hyphens and underscores."
            )
        if name in self.gateways:
            raise InvalidParameterException(f"A gateway named {name} exists already. Choose another name.")
        settings, vpc = reading.settings_of(self.place, request["configuration"])
        check_infrastructure(self.place, self.context, role, "manage a gateway")
        protection, now = request.get("deletionProtection"), self.context.now()
        made = Gateway(
            gateway_arn=self.place.gateway(name),
            name=name,
            infrastructure_role_arn=role,
            deletion_protection=protection is not False,
            settings=settings,
            vpc=vpc,
            propagate_tags=request.get("propagateTags") or "GATEWAY",
            created_at=now,
            updated_at=now,
            tags=tuple(request.get("tags") or ()),
        )
        self.note("gateway.created", made.gateway_arn, f"gateway {name} was created")
        return _told(self._keep_gateway(made))

    def _keep_gateway(self, gateway: Gateway) -> Gateway:
        self.gateways[gateway.name] = gateway
        self.store.revision += 1
        return gateway

    def update_gateway(self, request: Request) -> Mapping[str, Any]:
        """Change what may be changed; its load balancers follow a little later."""
        gateway = self.find_gateway(request["gateway"])
        role, protection = request.get("infrastructureRoleArn"), request.get("deletionProtection")
        settings = gateway.settings
        if request.get("configuration"):
            settings = reading.changed_settings(self.place, settings, gateway.vpc, request["configuration"])
        if role:
            check_infrastructure(self.place, self.context, role, "manage a gateway")
        used = len(self.fronts_of(gateway))
        if settings["maxAlbCount"] < used:
            raise InvalidParameterException(f"maxAlbCount cannot be below the {used} load balancers that there are.")
        changed = replace(
            gateway,
            infrastructure_role_arn=role or gateway.infrastructure_role_arn,
            deletion_protection=gateway.deletion_protection if protection is None else protection,
            settings=settings,
            propagate_tags=request.get("propagateTags") or gateway.propagate_tags,
            updated_at=self.context.now(),
            status=GatewayStatus.UPDATE_IN_PROGRESS,
            status_reason=None,
            failures=(),
        )
        self.note("gateway.updated", changed.gateway_arn, f"gateway {changed.name} is being updated")
        self.context.timeline.call_later(UPDATING, lambda: self._apply_update(changed))
        return _told(self._keep_gateway(changed))

    def _apply_update(self, wanted: Gateway) -> None:
        """Bring the load balancers of a gateway to what an update asked for, unless a later one will."""
        if self.gateways.get(wanted.name) is not wanted:
            return
        fronts = self.fronts_of(wanted)
        lost = [front.load_balancer for front in fronts if not self.furnish(wanted, front)]
        error = {"operation": MODIFY, "code": "LoadBalancerNotFound", "message": "Load balancer not found"}
        status = GatewayStatus.UPDATE_FAILED if lost else GatewayStatus.UPDATE_COMPLETE
        reason = f"{len(lost)} of {len(fronts)} load balancers could not be updated." if lost else None
        failures = tuple({"arn": arn, "errors": [error]} for arn in lost)
        self._keep_gateway(replace(wanted, status=status, status_reason=reason, failures=failures))
        self.note("gateway.updated", wanted.gateway_arn, f"gateway {wanted.name} is {status}")

    def furnish(self, gateway: Gateway, front: Front) -> bool:
        """Give a load balancer its gateway's attributes and groups; False where it is gone."""
        settings = gateway.settings
        if not ingress.stands(self.place, front):
            return False
        balancer = balancing.backend_of(self.place).load_balancers[front.load_balancer]
        s3 = ((settings.get("accessLogs") or {}).get("destination") or {}).get("s3") or {}
        logs = {"enabled": "true", "bucket": s3["bucket"], "prefix": s3.get("prefix") or ""} if s3 else {}
        balancer.attrs |= {
            "deletion_protection.enabled": str(gateway.deletion_protection).lower(),
            "routing.http.desync_mitigation_mode": settings["httpDesync"],
            **{f"access_logs.s3.{key}": value for key, value in logs.items()},
        }
        balancer.ip_address_type = settings["networkConfiguration"]["ipAddressType"]
        inbound = settings["networkConfiguration"].get("inboundSecurityGroup")
        balancer.security_groups = [front.security_group, *([inbound] if inbound else [])]
        if inbound:
            ingress.close(self.place, front)
        return True

    def fronts_of(self, gateway: Gateway) -> list[Front]:
        """The load balancers of a gateway, oldest first."""
        mine = (route.front for route in self.gateway_routes.values() if route.gateway_arn == gateway.gateway_arn)
        return list({front.load_balancer: front for front in mine}.values())

    def delete_gateway(self, request: Request) -> Mapping[str, Any]:
        """Forget a gateway that nothing protects and no cluster has."""
        gateway = self.find_gateway(request["gateway"])
        if gateway.deletion_protection:
            raise InvalidParameterException(
                f"The gateway {gateway.name} has deletion protection. Disable it with UpdateGateway first."
            )
        clusters = [cluster for name, cluster in self.associations if name == gateway.name]
        if clusters:
            raise InvalidParameterException(
                f"The gateway {gateway.name} is associated with {', '.join(clusters)}. Disassociate all clusters first."
            )
        del self.gateways[gateway.name]
        self.store.revision += 1
        self.note("gateway.deleted", gateway.gateway_arn, f"gateway {gateway.name} was deleted")
        return _told(replace(gateway, status=GatewayStatus.DELETED))

    def describe_gateway(self, request: Request) -> Mapping[str, Any]:
        """A gateway with its configuration."""
        gateway = self.find_gateway(request["gateway"])
        settings = {**gateway.settings, "currentAlbCount": len(self.fronts_of(gateway))}
        return {
            **_told(gateway),
            "statusReason": gateway.status_reason,
            "failures": list(gateway.failures),
            "infrastructureRoleArn": gateway.infrastructure_role_arn,
            "deletionProtection": gateway.deletion_protection,
            "configuration": {"hostSharedAlb": settings},
            "accessType": gateway.access.value,
            "propagateTags": gateway.propagate_tags,
            "tags": list(gateway.tags),
            "createdAt": gateway.created_at,
            "updatedAt": gateway.updated_at,
        }

    def list_gateways(self, request: Request) -> tuple[list[Any], str | None]:
        """Gateways by name and status."""
        names, statuses = request.get("names") or (), request.get("status") or ()
        at_most(names, 10, "names")
        found = [
            {**_told(gateway), "createdAt": gateway.created_at}
            for gateway in self.gateways.values()
            if (not names or gateway.name in names) and (not statuses or gateway.status.value in statuses)
        ]
        return page(found, request, 100)

    # associations

    def associate_gateway(self, request: Request) -> Mapping[str, Any]:
        """Let the services of a cluster use a gateway. What is associated already stays so."""
        gateway, cluster = self.find_gateway(request["gateway"]), self.active_cluster(request["cluster"])
        known = self.associations.get((gateway.name, cluster))
        if known is AssociationStatus.DISASSOCIATING:
            raise InvalidParameterException(
                f"The association of gateway {gateway.name} with cluster {cluster} is DISASSOCIATING. Wait until "
                "it has ended: ListGatewayRoutes says which services still have routes."
            )
        if known is None and sum(c == cluster for _, c in self.associations) >= MOST_OF_CLUSTER:
            raise InvalidParameterException(
                f"A cluster can be associated with up to {MOST_OF_CLUSTER} gateways, and {cluster} is."
            )
        self.associations[gateway.name, cluster] = AssociationStatus.ACTIVE
        self.store.revision += 1
        text = f"gateway {gateway.name} is associated with cluster {cluster}"
        self.note("gateway.associated", gateway.gateway_arn, text)
        return self._association(gateway.name, cluster, AssociationStatus.ACTIVE)

    def disassociate_gateway(self, request: Request) -> Mapping[str, Any]:
        """End an association: at once where no service has a route, else with the last of them."""
        gateway, cluster = self.find_gateway(request["gateway"]), last_part(request["cluster"])
        if (gateway.name, cluster) not in self.associations:
            self.active_cluster(cluster)
            raise ResourceNotFoundException(
                f"The gateway {gateway.name} is not associated with the cluster {cluster}. "
                "ListGatewayClusterAssociations says with which it is."
            )
        self.associations[gateway.name, cluster] = AssociationStatus.DISASSOCIATING
        self.end_associations()
        self.store.revision += 1
        return self._association(gateway.name, cluster, AssociationStatus.DISASSOCIATING)

    def end_associations(self) -> None:
        """Forget the associations that were to end and have no route any more."""
        used = {(last_part(r.gateway_arn), r.cluster) for r in self.gateway_routes.values()}
        for (name, cluster), status in tuple(self.associations.items()):
            if status is AssociationStatus.DISASSOCIATING and (name, cluster) not in used:
                del self.associations[name, cluster]
                text = f"gateway {name} is no longer associated with cluster {cluster}"
                self.note("gateway.disassociated", self.place.gateway(name), text)

    def list_associations(self, request: Request) -> tuple[list[Any], str | None]:
        """Associations by gateway, cluster and status."""
        gateway, cluster, statuses = request.get("gateway"), request.get("cluster"), request.get("status") or ()
        found = [
            self._association(name, of_cluster, status)
            for (name, of_cluster), status in self.associations.items()
            if gateway in (None, name, self.place.gateway(name))
            and cluster in (None, of_cluster, self.place.cluster(of_cluster))
            and (not statuses or status.value in statuses)
        ]
        return page(found, request, 100)

    def _association(self, name: str, cluster: str, status: AssociationStatus) -> dict[str, Any]:
        arns = {"gatewayArn": self.place.gateway(name), "clusterArn": self.place.cluster(cluster)}
        return {**arns, "status": status.value}


def _told(gateway: Gateway) -> dict[str, Any]:
    return {"gatewayArn": gateway.gateway_arn, "name": gateway.name, "status": gateway.status.value}
