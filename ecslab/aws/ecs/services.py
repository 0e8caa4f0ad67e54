"""CreateService, UpdateService, DeleteService, DescribeServices, ListServices: wishes about services."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws import cloudwatch
from ecslab.aws.ecs import load_balancers
from ecslab.aws.ecs.base import Failure, Request, Verbs, at_most, missing, page
from ecslab.aws.ecs.deploying import DEFAULTS, check_controller, read_settings
from ecslab.aws.ecs.networking import check_network
from ecslab.aws.ecs.platforms import platform_of, resolved
from ecslab.aws.ecs.store import service_key
from ecslab.aws.ecs.task_sets import check_update, controller_of
from ecslab.aws.ecs.tasks import constraints_of
from ecslab.errors import (
    ClientException,
    InvalidParameterException,
    ServiceNotActiveException,
    ServiceNotFoundException,
)
from ecslab.model.arn import last_part
from ecslab.model.service import KEPT_EVENTS, Deployment, Service, ServiceEvent, wished
from ecslab.model.status import (
    NOT_YET_RUNNING,
    DeploymentStatus,
    DesiredStatus,
    LaunchType,
    SchedulingStrategy,
    ServiceStatus,
    TaskStatus,
)
from ecslab.model.task import Task
from ecslab.scheduler import rebalancing

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
KEPT_INACTIVE = 3600.0
"""Lab seconds for which a deleted service can still be described (AWS: "a while"; a choice of this lab)."""
LATER = {
    "serviceRegistries": "service discovery",
    "serviceConnectConfiguration": "Service Connect",
    "volumeConfigurations": "volumes configured at launch",
    "vpcLatticeConfigurations": "VPC Lattice",
}
"""Parts of a service this lab does not have yet; asking for one is refused by name rather than dropped."""


class ServiceVerbs(Verbs):
    """The verbs about services, and how a plan of the scheduler is written down."""

    def create_service(self, request: Request) -> Service:
        """Write down a new service with its first deployment."""
        cluster = self.active_cluster(request.get("cluster"))
        name = request.get("serviceName") or ""
        if not NAME.fullmatch(name):
            raise InvalidParameterException(
                "Invalid service name. Use up to 255 letters, digits, hyphens and underscores."
            )
        known = self.store.service(cluster, name)
        if known is not None and known.status is not ServiceStatus.INACTIVE:
            raise InvalidParameterException(
                "Creation of service was not idempotent. "
                f"A service named {name} is {known.status} in cluster {cluster}: update it, or choose another name."
            )
        service = self._new_service(request, cluster, name)
        text = f"service {name} was created in cluster {cluster}"
        self.note("service.created", service.service_arn, text, **wished(service))
        return self._counted(self.store.put_service(service))

    def _new_service(self, request: Request, cluster: str, name: str) -> Service:
        _refuse_what_is_missing(request)
        controller = controller_of(request)
        external = controller == "EXTERNAL"
        if not request.get("taskDefinition") and not external:
            raise ClientException("TaskDefinition can not be blank.")
        strategy = SchedulingStrategy(request.get("schedulingStrategy") or "REPLICA")
        launch, capacity = (LaunchType.EC2, ()) if external else self.launch_of(request, cluster)
        task_definition = "" if external else self._deployable(request, launch)
        now = self.context.now()
        bare = Service(
            service_arn=self.place.service(cluster, name),
            service_name=name,
            cluster_arn=self.place.cluster(cluster),
            task_definition=task_definition,
            desired_count=_desired(request, strategy, launch),
            created_at=now,
            created_by=f"arn:aws:iam::{self.place.account}:root",
            role_arn=f"arn:aws:iam::{self.place.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            launch_type=None if capacity or external else launch.value,
            capacity_provider_strategy=capacity,
            scheduling_strategy=strategy,
            deployment_controller={"type": controller},
            deployment_configuration=read_settings(request.get("deploymentConfiguration"), DEFAULTS[strategy]),
            network_configuration=request.get("networkConfiguration"),
            placement_constraints=constraints_of(request),
            placement_strategy=_strategy(request, strategy),
            platform_version=platform_of(request.get("platformVersion"), launch),
            platform_family="Linux" if launch is LaunchType.FARGATE else None,
            load_balancers=self.read_balancers(request.get("loadBalancers") or (), task_definition),
            health_check_grace_period_seconds=request.get("healthCheckGracePeriodSeconds"),
            propagate_tags=request.get("propagateTags") or "NONE",
            enable_ecs_managed_tags=bool(request.get("enableECSManagedTags")),
            enable_execute_command=bool(request.get("enableExecuteCommand")),
            tags=tuple(request.get("tags") or ()),
        )
        check_controller(bare.deployment_controller["type"], bare.deployment_configuration, strategy)
        load_balancers.check_shifting(bare)
        bare = replace(bare, availability_zone_rebalancing=_rebalancing(request, bare, "ENABLED"))
        bare = self.connected(bare, request)
        if controller != "ECS":
            return bare if external else self.first_task_set(bare)
        return self.begin_deployment(replace(bare, deployments=(self._deployment(bare),)))

    def _deployable(self, request: Request, launch: LaunchType) -> str:
        """ARN of the definition a new service asks for, checked against its network."""
        definition = self.definition(request["taskDefinition"], action="create a service from")
        check_network(self.place, definition, request.get("networkConfiguration"), launch)
        return definition.arn

    def _deployment(self, service: Service) -> Deployment:
        now = self.context.now()
        digits = f"{self.context.random.randrange(10**18, 10**19)}"
        return Deployment(
            id=f"ecs-svc/{digits}",
            status=DeploymentStatus.PRIMARY,
            task_definition=service.task_definition,
            created_at=now,
            updated_at=now,
            launch_type=service.launch_type,
            capacity_provider_strategy=service.capacity_provider_strategy,
            platform_version=resolved(service.platform_version),
            platform_family=service.platform_family,
            network_configuration=service.network_configuration,
            bindings=load_balancers.bindings(
                service, service.balanced, service.primary if service.deployments else None
            ),
            rollout_state_reason=f"ECS deployment ecs-svc/{digits} in progress.",
            alarms_before=self._ringing(service),
        )

    def _ringing(self, service: Service) -> tuple[str, ...]:
        """The deployment alarms that are in ALARM already, which is not this deployment's doing."""
        alarms = service.deployment_configuration.alarms
        return tuple(sorted(cloudwatch.in_alarm(self.place, alarms.alarm_names))) if alarms is not None else ()

    def find_service(self, request: Request, key: str = "service") -> Service:
        """The service a request names; ServiceNotFoundException."""
        cluster = self.active_cluster(request.get("cluster"))
        service = self.store.service(cluster, last_part(request[key]))
        if service is None:
            raise ServiceNotFoundException()
        return service

    def update_service(self, request: Request) -> Service:
        """Write down the changed wish; a new definition, network or ``forceNewDeployment`` starts a deployment."""
        service = self.find_service(request)
        if service.status is not ServiceStatus.ACTIVE:
            raise ServiceNotActiveException()
        _refuse_what_is_missing(request)
        check_update(service, request)
        changed = self._changed(service, request)
        anew = request.get("forceNewDeployment") or any(
            getattr(changed, part) != getattr(service, part) for part in _SHAPING
        )
        if anew:
            older = tuple(replace(d, status=DeploymentStatus.ACTIVE) for d in service.deployments)
            changed = self.begin_deployment(replace(changed, deployments=(self._deployment(changed), *older)))
            self.note(
                "deployment.state",
                service.service_arn,
                f"service {service.service_name} deploys {last_part(changed.task_definition)}",
                deployment=changed.primary.id,
                state="IN_PROGRESS",
            )
        if changed != service:
            changed = replace(changed, steady=False)
        text = f"service {service.service_name} was updated"
        self.note("service.updated", service.service_arn, text, **wished(changed))
        return self._counted(self.store.put_service(changed))

    def _changed(self, service: Service, request: Request) -> Service:
        strategy = service.scheduling_strategy
        changes: dict[str, Any] = {}
        if request.get("desiredCount") is not None:
            changes["desired_count"] = _desired(request, strategy, service.launches_on)
        if request.get("taskDefinition"):
            changes["task_definition"] = self.definition(request["taskDefinition"], action="deploy").arn
        if request.get("deploymentConfiguration"):
            now = service.deployment_configuration
            changes["deployment_configuration"] = read_settings(request["deploymentConfiguration"], now)
        if request.get("placementConstraints") is not None:
            changes["placement_constraints"] = constraints_of(request)
        if request.get("placementStrategy") is not None:
            changes["placement_strategy"] = _strategy(request, strategy)
        if request.get("capacityProviderStrategy") is not None:
            changes |= self._capacity(service, request)
        if request.get("platformVersion"):
            changes["platform_version"] = platform_of(request["platformVersion"], service.launches_on)
        if request.get("loadBalancers") is not None:
            changes["load_balancers"] = tuple(request["loadBalancers"])
        for key, field in _PLAIN:
            if request.get(key) is not None:
                changes[field] = request[key]
        changed = replace(service, **changes)
        if changed.load_balancers and (request.get("taskDefinition") or request.get("loadBalancers")):
            self.read_balancers(changed.load_balancers, changed.task_definition)
        load_balancers.check_shifting(changed)
        rebalanced = _rebalancing(request, changed, service.availability_zone_rebalancing)
        changed = replace(changed, availability_zone_rebalancing=rebalanced)
        shaping = ("taskDefinition", "networkConfiguration", "capacityProviderStrategy")
        if changed.task_definition and any(request.get(key) is not None for key in shaping):
            definition = self.store.definitions[changed.task_definition]
            check_network(self.place, definition, changed.network_configuration, changed.launches_on)
        return self.connected(changed, request)

    def _capacity(self, service: Service, request: Request) -> dict[str, Any]:
        """A changed strategy; an empty one goes back to the launch type its providers stood for."""
        if not request["capacityProviderStrategy"]:
            return {"capacity_provider_strategy": (), "launch_type": service.launches_on.value}
        daemon = {"schedulingStrategy": service.scheduling_strategy.value}
        _, capacity = self.launch_of({**request, **daemon}, service.cluster_name)
        return {"capacity_provider_strategy": capacity, "launch_type": None}

    def delete_service(self, request: Request) -> Service:
        """Make a service DRAINING; refused above desired 0 unless forced."""
        service = self.find_service(request)
        if service.status is ServiceStatus.INACTIVE:
            raise ServiceNotFoundException()
        replica = service.scheduling_strategy is SchedulingStrategy.REPLICA
        if replica and service.desired_count > 0 and not request.get("force"):
            raise InvalidParameterException(
                "The service cannot be stopped while it is scaled above 0. "
                "Update it to desiredCount 0 first, or delete it with force."
            )
        text = f"service {service.service_name} is to be deleted"
        self.note("service.deleted", service.service_arn, text, desired=0)
        self.give_up_routes(service)
        gone = replace(service, status=ServiceStatus.DRAINING, desired_count=0, deleted_at=self.context.now())
        return self._counted(self.store.put_service(gone))

    def describe_services(
        self, cluster_str: str, service_names_or_arns: list[str], include: tuple[str, ...] = ()
    ) -> tuple[list[Service], list[Failure]]:
        """Services with their counts; MISSING for those that are not there. moto's own signature."""
        cluster = self.active_cluster(cluster_str)
        if not service_names_or_arns:
            raise InvalidParameterException("Services cannot be empty.")
        at_most(service_names_or_arns, 10, "services")
        found, failures = [], []
        for name in service_names_or_arns:
            service = self.store.service(cluster, last_part(name))
            if service is None or self._forgotten(service):
                failures.append(missing(self.place.service(cluster, last_part(name))))
            else:
                counted = self._counted(service)
                found.append(counted if "TAGS" in include else replace(counted, tags=()))
        return found, failures

    def _forgotten(self, service: Service) -> bool:
        deleted = service.deleted_at
        return service.status is ServiceStatus.INACTIVE and self.context.now() > (deleted or 0) + KEPT_INACTIVE

    def list_services(self, request: Request) -> tuple[list[str], str | None]:
        """ARNs of the services that are not INACTIVE."""
        cluster = self.active_cluster(request.get("cluster"))
        strategy, launch = request.get("schedulingStrategy"), request.get("launchType")
        found = [
            s.service_arn
            for s in self.store.services(cluster)
            if request.get("resourceManagementType") in (None, s.resource_management_type)
            and s.status is not ServiceStatus.INACTIVE
            and strategy in (None, s.scheduling_strategy.value)
            and launch in (None, s.launch_type)
        ]
        return page(found, {"maxResults": 10, **request}, 100)

    def _counted(self, service: Service) -> Service:
        """The service with the counts of its tasks, as DescribeServices shows them; counted when something changed."""
        key = service_key(service.cluster_name, service.service_name)
        changes = self.store.task_changes.get(key, 0)
        known, at, counted = self.store.counted.get(key, (None, 0, service))
        if known is not service or at != changes:
            counted = self._count(service)
            self.store.counted[key] = (service, changes, counted)
        return counted

    def _count(self, service: Service) -> Service:
        tasks = list(self.store.alive_of_service(service.cluster_name, service.service_name))
        counted = []
        for deployment in service.deployments:
            mine = [t for t in tasks if t.deployment_id == deployment.id]
            primary = deployment.status is DeploymentStatus.PRIMARY
            counted.append(
                replace(
                    deployment,
                    desired_count=service.desired_count if primary else _wanted(mine),
                    running_count=_running(mine),
                    pending_count=_pending(mine),
                )
            )
        return replace(
            service,
            deployments=tuple(counted),
            running_count=_running(tasks),
            pending_count=_pending(tasks),
            task_sets=self.counted_sets(service, tasks),
            current_service_revisions=self.current_revisions(service, tasks),
        )

    def add_event(self, service: Service, message: str) -> Service:
        """The service with one more event, in AWS's words and with its name in front."""
        event = ServiceEvent(
            id=self.context.uuid(),
            created_at=self.context.now(),
            message=f"(service {service.service_name}) {message}",
        )
        self.note("service.event", service.service_arn, event.message, service=service.service_name)
        return replace(service, events=(event, *service.events)[:KEPT_EVENTS])


def _running(tasks: list[Task]) -> int:
    return sum(t.last_status is TaskStatus.RUNNING for t in tasks)


def _pending(tasks: list[Task]) -> int:
    return sum(t.last_status in NOT_YET_RUNNING for t in tasks)


def _wanted(tasks: list[Task]) -> int:
    return sum(t.desired_status is DesiredStatus.RUNNING for t in tasks)


_SHAPING = (
    "task_definition",
    "network_configuration",
    "capacity_provider_strategy",
    "platform_version",
    "load_balancers",
    "gateway_balancers",
)
"""What of a service is its deployment's: a change begins a new one."""
_PLAIN = (
    ("networkConfiguration", "network_configuration"),
    ("healthCheckGracePeriodSeconds", "health_check_grace_period_seconds"),
    ("propagateTags", "propagate_tags"),
    ("enableECSManagedTags", "enable_ecs_managed_tags"),
    ("enableExecuteCommand", "enable_execute_command"),
)


def _refuse_what_is_missing(request: Request) -> None:
    for key, what in LATER.items():
        if request.get(key):
            raise InvalidParameterException(f"This lab does not have {what} yet ({key}). Leave {key} out.")


def _rebalancing(request: Request, service: Service, otherwise: str) -> str:
    """``availabilityZoneRebalancing``: what is asked for; where nothing is, as before or AWS's default if it can be."""
    why_not = rebalancing.why_not(service)
    wanted = request.get("availabilityZoneRebalancing")
    if wanted == rebalancing.ENABLED and why_not:
        raise InvalidParameterException(
            f"The service cannot be balanced across availability zones: {why_not}. Change that, or set "
            "availabilityZoneRebalancing to DISABLED."
        )
    return str(wanted or ("DISABLED" if why_not else otherwise))


def _desired(request: Request, strategy: SchedulingStrategy, launch: LaunchType) -> int:
    count = request.get("desiredCount")
    if strategy is SchedulingStrategy.DAEMON:
        if launch is LaunchType.FARGATE:
            raise InvalidParameterException(
                "The daemon scheduling strategy is not supported for the Fargate launch type. Use REPLICA."
            )
        if count is not None:
            raise InvalidParameterException(
                "The desired count cannot be set for the DAEMON scheduling strategy: one task runs on every "
                "instance. Leave desiredCount out."
            )
        return 0
    if count is None:
        raise InvalidParameterException("desiredCount is required for a REPLICA service. Give a number of 0 or more.")
    if count < 0:
        raise InvalidParameterException(f"desiredCount cannot be negative; it is {count}.")
    return int(count)


def _strategy(request: Request, scheduling: SchedulingStrategy) -> tuple[Mapping[str, str], ...]:
    steps = tuple(request.get("placementStrategy") or ())
    if steps and scheduling is SchedulingStrategy.DAEMON:
        raise InvalidParameterException("Placement strategies are not supported for the DAEMON scheduling strategy.")
    if len(steps) > 5:
        raise InvalidParameterException(f"placementStrategy can have at most 5 elements; it has {len(steps)}.")
    return steps
