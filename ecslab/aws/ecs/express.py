"""Express Mode: Create, Update, Delete and DescribeExpressGatewayService.

From an image and two roles it makes what a service behind a load balancer needs, in the backends in which a learner
would make it, and hands the service to CreateService and UpdateService; the rest is the scheduler's. Choices of this
lab: everything but the tasks is there when the call returns; the host name is the service's own; what an update leaves
out stays as it is; an update of the scaling alone deploys nothing; DeleteService leaves what Express Mode made, and
DeleteExpressGatewayService removes it even then. Invariant: what is removed waits for the service's last task.
Source: Amazon ECS API Reference; Developer Guide, "Amazon ECS Express Mode services" (resources, updates, changes made
outside of Express Mode, which are allowed).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecslab.aws import ec2, ingress, logs, rollback_alarm
from ecslab.aws.ecs import express_reading as reading
from ecslab.aws.ecs import express_scaling as scaling_of_services
from ecslab.aws.ecs import express_views as views
from ecslab.aws.ecs.base import Request
from ecslab.aws.ecs.express_reading import Scaling, Wanted, scaling_of
from ecslab.aws.ecs.networking import check_network
from ecslab.aws.ecs.roles import check_roles
from ecslab.aws.ecs.services import NAME, ServiceVerbs
from ecslab.aws.ecs.validation import validate
from ecslab.errors import (
    ApiError,
    ClusterNotFoundException,
    InvalidParameterException,
    ServiceNotActiveException,
    ServiceNotFoundException,
)
from ecslab.model.arn import last_part
from ecslab.model.definition import TaskDefinition, parse
from ecslab.model.express import Express, Front
from ecslab.model.service import Service
from ecslab.model.status import LaunchType, ServiceStatus

SHARE = 25
"""Express services that share a load balancer."""
LOOK = 10.0
"""Lab seconds between two looks whether the last task of a deleted service is gone."""
DEFAULT = "default"
BAKE = 3
"""Minutes, both with 5 percent of the requests and with all of them."""
NOT_EXPRESS = "The service {} is not an Express service. Use UpdateService, DeleteService and DescribeServices."


class ResourceNotFoundException(ApiError):
    """There is no such Express service."""


class ExpressVerbs(ServiceVerbs):
    """The verbs, and the records of what was made."""

    express: dict[str, Express]
    """By ARN of the service."""

    # creating

    def create_express(self, request: Request) -> dict[str, Any]:
        """Make an Express service and all that stands in front of it."""
        cluster = last_part(request.get("cluster") or DEFAULT)
        name = request.get("serviceName") or f"express-{self.context.hex_id(8)}"
        self._check_name(cluster, name)
        reading.refuse_both(request)
        role = request["infrastructureRoleArn"]
        reading.check_infrastructure(self.place, self.context, role, "create an Express service")
        path = reading.health_path(request.get("healthCheckPath"))
        scaling = scaling_of(request.get("scalingTarget"), Scaling())
        log_group = f"/aws/ecs/{cluster}/{name}-{self.context.hex_id(4)}"
        asked, definition = self._read_definition(request, cluster, name, log_group)
        wanted = reading.network_of(self.place, request.get("networkConfiguration"))
        check_network(self.place, definition, wanted.configuration(), LaunchType.FARGATE)
        self.ensure_cluster(cluster, ("FARGATE",))
        self._sweep(self.place.service(cluster, name))
        checks = ingress.Checks(port=reading.port_of(definition), path=path)
        made = self._stand_in_front(request, self.place.service(cluster, name), wanted, checks, log_group)
        try:
            arn = self._register(asked, log_group) if asked else definition.arn
            service = self._serve(request, made, arn, wanted, scaling)
        except ApiError:
            self._remove(made)
            raise
        made = self.express[made.service_arn] = replace(made, created_at=service.created_at)
        scaling_of_services.put(self.place, made, service, scaling)
        self.note("express.created", made.service_arn, f"Express service {name} is reached at {made.route.url}")
        return self._view(made)

    def _check_name(self, cluster: str, name: str) -> None:
        if not NAME.fullmatch(name):
            raise InvalidParameterException(
                "Invalid service name. Use up to 255 letters, digits, hyphens and underscores."
            )
        known = self.clusters.get(cluster)
        if cluster != DEFAULT and (known is None or known.status != "ACTIVE"):
            raise ClusterNotFoundException()
        service = self.store.service(cluster, name)
        if service is not None and service.status is not ServiceStatus.INACTIVE:
            raise InvalidParameterException(
                "Creation of service was not idempotent. "
                f"A service named {name} is {service.status} in cluster {cluster}: update it, or choose another name."
            )

    def _read_definition(
        self, request: Request, cluster: str, name: str, log_group: str, before: Any = None
    ) -> tuple[dict[str, Any] | None, TaskDefinition]:
        """What to register, None where the customer has a task definition; and the definition as it will be."""
        asked = None
        if request.get("taskDefinitionArn"):
            definition = self.definition(request["taskDefinitionArn"], action="deploy an Express service from")
        else:
            family, region = f"{cluster}-{name}"[:255], self.place.region
            asked = reading.definition_of(request, family=family, log_group=log_group, region=region, before=before)
            validate(asked)
            definition = parse(asked, arn=self.place.task_definition(family, 1), revision=1)
        reading.main_of(definition)
        check_roles(self.place, self.context, cluster, definition, {})
        return asked, definition

    def _register(self, asked: dict[str, Any], log_group: str) -> str:
        """Register a definition, with the log group it writes to; its ARN."""
        options = [(c.get("logConfiguration") or {}).get("options") or {} for c in asked["containerDefinitions"]]
        if any(o.get("awslogs-group") == log_group for o in options):
            logs.ensure_group(self.place, log_group, ingress.MANAGED)
        return str(self.register(asked).arn)

    def _stand_in_front(
        self, request: Request, arn: str, wanted: Wanted, checks: ingress.Checks, log_group: str
    ) -> Express:
        """Everything that the service itself will name: load balancer, rule, target groups, security group, alarm."""
        cluster, name = arn.split("/")[-2:]
        front = self._front_for(wanted)
        group = ingress.make_group(self.place, f"{cluster}-{name}-{wanted.vpc}"[:255], wanted.vpc)
        ingress.let_in_from(self.place, group, front, checks.port)
        words = tuple(f"ecs-gateway-tg-{self.context.hex_id(17)}" for _ in range(2))
        route = ingress.make_route(self.place, front, self._host(name), checks, (words[0], words[1]))
        alarm = rollback_alarm.name_of(cluster, name)
        rollback_alarm.put(self.place, alarm, front.load_balancer, route.target_groups)
        now = self.context.now()
        return Express(
            service_arn=arn,
            infrastructure_role_arn=request["infrastructureRoleArn"],
            created_at=now,
            updated_at=now,
            front=front,
            route=route,
            service_group=group,
            log_group=log_group,
            alarm=alarm,
        )

    def _front_for(self, wanted: Wanted) -> Front:
        """A load balancer of the same network that has room for one more service, or a new one."""
        zones = {ec2.zone_of(self.place, subnet) for subnet in wanted.subnets}
        used = [e.front for e in self.express.values() if e.front is not None and ingress.stands(self.place, e.front)]
        for front in used:
            fits = (front.vpc, front.access) == (wanted.vpc, wanted.access) and zones <= front.zones
            if fits and sum(other.load_balancer == front.load_balancer for other in used) < SHARE:
                return front
        network = ingress.Network(vpc=wanted.vpc, subnets=wanted.subnets, access=wanted.access)
        return ingress.make_front(self.place, f"ecs-express-gateway-alb-{self.context.hex_id(8)}", network)

    def _host(self, name: str) -> str:
        """The service's name as a host name; with digits behind it where another cluster has one of that name."""
        taken = {e.route.host for e in self.express.values() if e.front is not None}
        label = name.lower().replace("_", "-").strip("-")[:50] or "express"
        domain = f"ecs.{self.place.region}.on.aws"
        host = f"{label}.{domain}"
        return f"{label}-{self.context.hex_id(8)}.{domain}" if host in taken else host

    def _serve(self, request: Request, made: Express, definition: str, wanted: Wanted, scaling: Scaling) -> Service:
        cluster, name = made.service_arn.split("/")[-2:]
        service = self.create_service(
            {
                "cluster": cluster,
                "serviceName": name,
                "taskDefinition": definition,
                "desiredCount": scaling.least,
                "launchType": "FARGATE",
                "networkConfiguration": wanted.configuration(made.service_group),
                "loadBalancers": [_balancer(made, reading.port_of(self.store.definitions[definition]))],
                "deploymentConfiguration": _deployment(made.alarm),
                "tags": request.get("tags") or (),
            }
        )
        return self.store.put_service(replace(service, resource_management_type="ECS"))

    # finding and showing

    def _found(self, request: Request, error: type[ApiError]) -> tuple[Express, Service]:
        arn = str(request["serviceArn"])
        names = arn.split("/")[1:]
        express = self.express.get(arn)
        service = self.store.service(names[0], names[1]) if len(names) == 2 else None
        if service is None or self._forgotten(service):
            raise error(f"The Express service {arn} was not found. Give its full ARN.")
        if express is None or service.resource_management_type != "ECS":
            raise InvalidParameterException(NOT_EXPRESS.format(arn))
        return express, service

    def describe_express(self, request: Request) -> dict[str, Any]:
        """An Express service as it is now. ResourceNotFoundException."""
        express, _ = self._found(request, ResourceNotFoundException)
        return self._view(express, tags="TAGS" in (request.get("include") or ()))

    def _view(self, express: Express, *, tags: bool = True) -> dict[str, Any]:
        service = self._service_of_express(express)
        scaling = self._scaling_now(service)
        works = service.deployments
        return {
            **self._head(express, service),
            "infrastructureRoleArn": express.infrastructure_role_arn,
            "currentDeployment": service.current_service_deployment,
            "activeConfigurations": [views.configuration(self.place, express, service, w, scaling) for w in works],
            **({"tags": list(service.tags)} if tags else {}),
        }

    def _head(self, express: Express, service: Service) -> dict[str, Any]:
        return {
            "cluster": service.cluster_name,
            "serviceName": service.service_name,
            "serviceArn": service.service_arn,
            "status": {"statusCode": service.status.value},
            "createdAt": express.created_at,
            "updatedAt": express.updated_at,
        }

    def _service_of_express(self, express: Express) -> Service:
        cluster, name = express.service_arn.split("/")[-2:]
        service = self.store.service(cluster, name)
        assert service is not None
        return service

    def _scaling_now(self, service: Service) -> Scaling:
        return views.scaling_now(*scaling_of_services.now(self.place, service))

    def managed_resources(self, service_arn: str) -> dict[str, Any] | None:
        """``ecsManagedResources`` of a service's revisions; None where it is no Express service."""
        express, connections = self.express.get(service_arn), self.gateway_connections(service_arn)
        if express is None:
            return {"gatewayConnections": connections} if connections else None
        found = scaling_of_services.now(self.place, self._service_of_express(express))
        return views.managed(self.place, express, *found)

    # updating

    def update_express(self, request: Request) -> dict[str, Any]:
        """Change what is given; a new definition, network or health check is deployed."""
        express, service = self._found(request, ServiceNotFoundException)
        if service.status is not ServiceStatus.ACTIVE or express.front is None or express.deleted:
            raise ServiceNotActiveException()
        reading.refuse_both(request)
        scaling = scaling_of(request.get("scalingTarget"), self._scaling_now(service))
        path = views.path_of(self.place, service.primary)
        wanted = reading.health_path(request["healthCheckPath"]) if request.get("healthCheckPath") is not None else path
        changes = {**self._network_change(request, express, service), **self._definition_change(request, service)}
        if wanted != path:
            changes["forceNewDeployment"] = True
        deploys = bool(changes)
        count = min(max(service.desired_count, scaling.least), scaling.most)
        service = self._deploy(express, service, changes, count)
        if deploys and service.primary.bindings:
            port = next(int(one["containerPort"]) for one in service.load_balancers)
            ingress.let_in_from(self.place, express.service_group, express.front, port)
            group = service.primary.bindings[0].target_group
            ingress.check(self.place, group, ingress.Checks(port=port, path=str(wanted)))
        express = self.express[express.service_arn] = replace(express, updated_at=self.context.now())
        if deploys or request.get("scalingTarget"):
            scaling_of_services.put(self.place, express, service, scaling)
        target = views.configuration(self.place, express, service, service.primary, self._scaling_now(service))
        return {**self._head(express, service), "targetConfiguration": target}

    def _network_change(self, request: Request, express: Express, service: Service) -> dict[str, Any]:
        given = request.get("networkConfiguration")
        if not given:
            return {}
        now = (service.network_configuration or {}).get("awsvpcConfiguration") or {}
        groups = [g for g in now.get("securityGroups") or () if g != express.service_group]
        asked = {"subnets": given.get("subnets") or now.get("subnets")}
        asked["securityGroups"] = given.get("securityGroups") or groups
        wanted = reading.network_of(self.place, asked)
        front = express.front
        if front is None or (wanted.vpc, wanted.access) != (front.vpc, front.access):
            raise InvalidParameterException(
                "This lab cannot move an Express service to another VPC, or between public and private subnets. "
                "Create another service."
            )
        configuration = wanted.configuration(express.service_group)
        check_network(self.place, self.store.definitions[service.task_definition], configuration, LaunchType.FARGATE)
        return {"networkConfiguration": configuration} if configuration["awsvpcConfiguration"] != now else {}

    def _definition_change(self, request: Request, service: Service) -> dict[str, Any]:
        """A new revision, and the port it is reached at where that is another. Registered last of all that can fail."""
        if not request.get("taskDefinitionArn") and not any(request.get(key) for key in reading.OF_DEFINITION):
            return {}
        before = self.describe_task_definition(service.task_definition)
        express = self.express[service.service_arn]
        cluster, name = service.cluster_name, service.service_name
        asked, definition = self._read_definition(request, cluster, name, express.log_group, before)
        check_network(self.place, definition, service.network_configuration, LaunchType.FARGATE)
        changes: dict[str, Any] = {
            "taskDefinition": self._register(asked, express.log_group) if asked else definition.arn
        }
        balancer = _balancer(express, reading.port_of(definition))
        if [balancer] != [dict(one) for one in service.load_balancers]:
            changes["loadBalancers"] = [balancer]
        return changes

    def _deploy(self, express: Express, service: Service, changes: dict[str, Any], count: int) -> Service:
        if not changes and count == service.desired_count:
            return service
        names = {"cluster": service.cluster_name, "service": service.service_name, "desiredCount": count}
        return self.update_service({**names, **changes})

    # deleting

    def delete_express(self, request: Request) -> dict[str, Any]:
        """Drain the service; what Express Mode made for it goes with its last task."""
        express, service = self._found(request, ServiceNotFoundException)
        if express.deleted or express.front is None:
            raise ServiceNotActiveException()
        if service.status is ServiceStatus.ACTIVE:
            names = {"cluster": service.cluster_name, "service": service.service_name}
            service = self.delete_service({**names, "force": True})
        scaling_of_services.remove(self.place, service)
        express = replace(express, deleted=True, updated_at=self.context.now())
        self.express[express.service_arn] = express
        self._clear_later(express.service_arn)
        return self._view(express)

    def _clear_later(self, arn: str) -> None:
        self.context.timeline.call_later(LOOK, lambda: self._clear(arn))

    def _clear(self, arn: str) -> None:
        express = self.express.get(arn)
        if express is None or express.front is None or not express.deleted:
            return
        service = self._service_of_express(express)
        alive = any(self.store.alive_of_service(service.cluster_name, service.service_name))
        if service.status is not ServiceStatus.INACTIVE or alive:
            self._clear_later(arn)
            return
        self._remove(express)
        self.express[arn] = replace(express, front=None)
        self.note("express.deleted", arn, f"what Express Mode made for service {service.service_name} is gone")

    def _sweep(self, arn: str) -> None:
        """Remove what a service of the same name that is no more has left."""
        left = self.express.pop(arn, None)
        if left is not None and left.front is not None:
            self._remove(left)

    def _remove(self, express: Express) -> None:
        ingress.remove_route(self.place, express.route)
        others = (e.front for e in self.express.values() if e.service_arn != express.service_arn)
        front = express.front
        if front is not None and not any(o is not None and o.load_balancer == front.load_balancer for o in others):
            ingress.remove_front(self.place, front)
        ingress.remove_group(self.place, express.service_group)
        rollback_alarm.remove(self.place, express.alarm)
        logs.remove_group(self.place, express.log_group)


def _balancer(express: Express, port: int) -> dict[str, Any]:
    first, second = express.route.target_groups
    advanced = {
        "alternateTargetGroupArn": second,
        "productionListenerRule": express.route.rule,
        "roleArn": express.infrastructure_role_arn,
    }
    return {
        "targetGroupArn": first,
        "containerName": reading.MAIN,
        "containerPort": port,
        "advancedConfiguration": advanced,
    }


def _deployment(alarm: str) -> dict[str, Any]:
    """A canary with 5 percent of the requests, watched by an alarm."""
    return {
        "strategy": "CANARY",
        "canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": BAKE},
        "bakeTimeInMinutes": BAKE,
        "minimumHealthyPercent": 100,
        "maximumPercent": 200,
        "alarms": {"alarmNames": [alarm], "enable": True, "rollback": True},
    }
