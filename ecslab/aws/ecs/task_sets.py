"""CreateTaskSet, UpdateTaskSet, DeleteTaskSet, DescribeTaskSets, UpdateServicePrimaryTaskSet.

They write down what whoever controls the deployment (a pipeline, CodeDeploy) wishes; the tasks are the scheduler's
(``scheduler.task_sets``). Of CODE_DEPLOY only the ECS side is here: no CodeDeploy shifts traffic in this lab.
Source: Amazon ECS API Reference; Developer Guide, "Deploy Amazon ECS services using a third-party controller". Where
no words are cited, they are this lab's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecslab.aws.ecs import load_balancers
from ecslab.aws.ecs.base import Failure, Request, Verbs, missing
from ecslab.aws.ecs.networking import check_network
from ecslab.aws.ecs.platforms import platform_of, resolved
from ecslab.errors import (
    InvalidParameterException,
    ServiceNotActiveException,
    ServiceNotFoundException,
    TaskSetNotFoundException,
)
from ecslab.model.arn import last_part
from ecslab.model.service import Deployment, Service, wished
from ecslab.model.status import NOT_YET_RUNNING, DeploymentStatus, LaunchType, ServiceStatus, TaskStatus
from ecslab.model.task import Task
from ecslab.model.task_sets import Scale, TaskSet, TaskSetStatus

CONTROLLERS = ("ECS", "CODE_DEPLOY", "EXTERNAL")
OF_THE_SET = (
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
)
"""What belongs to each task set, not to the service, under the EXTERNAL controller."""
NOT_BY_UPDATE = {
    "taskDefinition": "task definition",
    "networkConfiguration": "network configuration",
    "platformVersion": "platform version",
    "capacityProviderStrategy": "capacity provider strategy",
    "loadBalancers": "load balancers",
    "forceNewDeployment": "force new deployment",
}
"""What UpdateService cannot change where the controller is not ECS."""


def controller_of(request: Request) -> str:
    """The deployment controller a new service asks for. InvalidParameterException."""
    kind = str((request.get("deploymentController") or {}).get("type") or "ECS")
    if kind not in CONTROLLERS:
        raise InvalidParameterException(f"deploymentController.type {kind} is not valid. Use {', '.join(CONTROLLERS)}.")
    for key in OF_THE_SET:
        if kind == "EXTERNAL" and request.get(key):
            raise InvalidParameterException(
                f"{key} cannot be specified for a service with the EXTERNAL deployment controller: give it to "
                "CreateTaskSet."
            )
    return kind


def check_update(service: Service, request: Request) -> None:
    """What UpdateService refuses because of the deployment controller. InvalidParameterException.

    The sentence about the task definition is AWS's, as deployment tools quote it.
    """
    kind = service.deployment_controller["type"]
    asked = (request.get("deploymentController") or {}).get("type") or kind
    if asked != kind:
        raise InvalidParameterException(
            f"This lab cannot change the deployment controller of a service (from {kind} to {asked}). "
            "Create another service."
        )
    for key, what in NOT_BY_UPDATE.items():
        if kind != "ECS" and request.get(key) not in (None, False):
            instead = (
                "Use AWS CodeDeploy to trigger a new deployment."
                if kind == "CODE_DEPLOY"
                else "Create a new task set with CreateTaskSet."
            )
            article = "a" if kind == "CODE_DEPLOY" else "an"
            raise InvalidParameterException(
                f"Unable to update {what} on services with {article} {kind} deployment controller. {instead}"
            )


class TaskSetVerbs(Verbs):
    """The verbs about task sets."""

    def create_task_set(self, request: Request) -> TaskSet:
        """Write down a new task set, ACTIVE. Errors as of CreateService, and for a service of the ECS controller."""
        service = self._service_of_sets(request)
        task_set = self._new_set(service, request)
        self._keep_sets(service, (*service.task_sets, task_set))
        self._say_of_set(task_set, f"was created with {_percent(task_set.scale)} of the desired count")
        return self._shown_set(service, task_set.id, tags=True)

    def _new_set(self, service: Service, request: Request) -> TaskSet:
        definition = self.definition(request["taskDefinition"], action="create a task set from")
        launch, capacity = self.launch_of(request, service.cluster_name)
        network = request.get("networkConfiguration")
        check_network(self.place, definition, network, launch)
        balancers = request.get("loadBalancers") or ()
        if service.deployment_controller["type"] == "CODE_DEPLOY" and not balancers:
            balancers = service.load_balancers
        return self.made_set(
            service,
            task_definition=definition.arn,
            launch_type=None if capacity else launch.value,
            capacity_provider_strategy=capacity,
            platform_version=platform_of(request.get("platformVersion"), launch),
            platform_family="Linux" if launch is LaunchType.FARGATE else None,
            network_configuration=network,
            load_balancers=self.read_balancers(balancers, definition.arn),
            external_id=request.get("externalId"),
            scale=_scale(request.get("scale")),
            tags=tuple(request.get("tags") or ()),
        )

    def made_set(self, service: Service, **given: Any) -> TaskSet:
        """A task set of the service with the deployment that runs its tasks."""
        now = self.context.now()
        set_id = f"ecs-svc/{self.context.random.randrange(10**18, 10**19)}"
        work = Deployment(
            id=set_id,
            status=DeploymentStatus.ACTIVE,
            task_definition=given["task_definition"],
            created_at=now,
            updated_at=now,
            launch_type=given["launch_type"],
            capacity_provider_strategy=given["capacity_provider_strategy"],
            platform_version=resolved(given["platform_version"]),
            platform_family=given["platform_family"],
            network_configuration=given["network_configuration"],
            bindings=load_balancers.bindings(service, given["load_balancers"], None),
        )
        return TaskSet(
            id=set_id,
            task_set_arn=self.place.task_set(service.cluster_name, service.service_name, set_id),
            service_arn=service.service_arn,
            cluster_arn=service.cluster_arn,
            created_at=now,
            updated_at=now,
            stability_status_at=now,
            work=work,
            **given,
        )

    def first_task_set(self, service: Service) -> Service:
        """A new service of the CODE_DEPLOY controller has its first task set from the start, as the PRIMARY."""
        first = self.made_set(
            service,
            task_definition=service.task_definition,
            launch_type=service.launch_type,
            capacity_provider_strategy=service.capacity_provider_strategy,
            platform_version=service.platform_version,
            platform_family=service.platform_family,
            network_configuration=service.network_configuration,
            load_balancers=service.load_balancers,
            status=TaskSetStatus.PRIMARY,
        )
        return replace(service, task_sets=(first,))

    def update_task_set(self, request: Request) -> TaskSet:
        """Change the scale of a task set. TaskSetNotFoundException, InvalidParameterException."""
        service = self._service_of_sets(request)
        changed = replace(
            self._set_of(service, request["taskSet"]), scale=_scale(request["scale"]), updated_at=self.context.now()
        )
        if changed.status is TaskSetStatus.DRAINING:
            raise InvalidParameterException("The task set is DRAINING: it is being deleted and cannot be scaled.")
        self._replace_set(service, changed)
        self._say_of_set(changed, f"is to have {_percent(changed.scale)} of the desired count")
        return self._shown_set(service, changed.id)

    def update_service_primary_task_set(self, request: Request) -> TaskSet:
        """Say which task set serves production; the service takes over its definition, launch type and network."""
        service = self._service_of_sets(request)
        chosen = self._set_of(service, request["primaryTaskSet"])
        if chosen.status is TaskSetStatus.DRAINING:
            raise InvalidParameterException("A task set that is DRAINING cannot be the primary task set.")
        now = self.context.now()
        sets = tuple(_ranked(s, s.id == chosen.id, now) for s in service.task_sets)
        taken = replace(
            service,
            task_definition=chosen.task_definition,
            launch_type=chosen.launch_type,
            capacity_provider_strategy=chosen.capacity_provider_strategy,
            platform_version=chosen.platform_version,
            platform_family=chosen.platform_family,
            network_configuration=chosen.network_configuration,
        )
        self._keep_sets(taken, sets)
        text = f"service {service.service_name} is now to run {last_part(taken.task_definition)}"
        self.note("service.changed", service.service_arn, text, **wished(taken))
        self._say_of_set(chosen, "is the PRIMARY")
        return self._shown_set(service, chosen.id)

    def delete_task_set(self, request: Request) -> TaskSet:
        """Make a task set DRAINING; refused above scale 0, and for the primary one, unless forced."""
        service = self._service_of_sets(request)
        found = self._set_of(service, request["taskSet"])
        primary = found.status is TaskSetStatus.PRIMARY
        if not request.get("force") and (primary or found.wanted(service.desired_count) > 0):
            raise InvalidParameterException(
                "The task set cannot be deleted while it is "
                + ("the PRIMARY. Make another one primary first" if primary else "scaled above 0. Scale it to 0 first")
                + ", or delete it with force."
            )
        self._replace_set(service, replace(found, status=TaskSetStatus.DRAINING, updated_at=self.context.now()))
        self._say_of_set(found, "is to be deleted")
        return self._shown_set(service, found.id)

    def describe_task_sets(self, request: Request) -> tuple[list[TaskSet], list[Failure]]:
        """Some or all task sets of a service; MISSING for those that are not there."""
        service = self._service_of_sets(request)
        tags = "TAGS" in (request.get("include") or ())
        names = [_id(name) for name in request.get("taskSets") or ()]
        known = {s.id for s in service.task_sets}
        failures = [
            missing(self.place.task_set(service.cluster_name, service.service_name, name))
            for name in names
            if name not in known
        ]
        wanted = [name for name in names if name in known] if names else [s.id for s in service.task_sets]
        return [self._shown_set(service, name, tags=tags) for name in wanted], failures

    def counted_sets(self, service: Service, tasks: Sequence[Task]) -> tuple[TaskSet, ...]:
        """The task sets of a service with the counts of their tasks."""
        return tuple(_counted(s, service, tasks) for s in service.task_sets)

    def find_task_set(self, arn: str) -> TaskSet | None:
        """The task set with that ARN."""
        cluster, name = arn.split(":task-set/", 1)[-1].split("/")[:2]
        service = self.store.service(cluster, name)
        return next((s for s in service.task_sets if s.task_set_arn == arn), None) if service else None

    def tag_task_set(self, task_set: TaskSet, tags: tuple[Mapping[str, str], ...]) -> None:
        """Give a task set these tags."""
        service = self.store.service(last_part(task_set.cluster_arn), last_part(task_set.service_arn))
        if service is not None:
            self._replace_set(service, replace(task_set, tags=tags))

    def _service_of_sets(self, request: Request) -> Service:
        cluster = self.active_cluster(request.get("cluster"))
        service = self.store.service(cluster, last_part(request["service"]))
        if service is None:
            raise ServiceNotFoundException()
        if service.status is not ServiceStatus.ACTIVE:
            raise ServiceNotActiveException()
        if service.deployment_controller["type"] == "ECS":
            raise InvalidParameterException(
                "Task sets are for services with the EXTERNAL or CODE_DEPLOY deployment controller; "
                f"{service.service_name} has the ECS controller. Use UpdateService."
            )
        return service

    def _set_of(self, service: Service, name: str) -> TaskSet:
        found = next((s for s in service.task_sets if s.id == _id(name)), None)
        if found is None:
            raise TaskSetNotFoundException()
        return found

    def _replace_set(self, service: Service, changed: TaskSet) -> None:
        self._keep_sets(service, tuple(changed if s.id == changed.id else s for s in service.task_sets))

    def _keep_sets(self, service: Service, sets: tuple[TaskSet, ...]) -> None:
        self.store.put_service(replace(service, task_sets=sets, steady=False))

    def _shown_set(self, service: Service, set_id: str, *, tags: bool = False) -> TaskSet:
        cluster, name = service.cluster_name, service.service_name
        now = self.store.service(cluster, name) or service
        tasks = tuple(self.store.tasks_of_service(cluster, name))
        found = _counted(next(s for s in now.task_sets if s.id == set_id), now, tasks)
        return found if tags else replace(found, tags=())

    def _say_of_set(self, task_set: TaskSet, what: str) -> None:
        text = f"task set {task_set.id} of service {last_part(task_set.service_arn)} {what}"
        self.note("taskset.changed", task_set.task_set_arn, text, service=last_part(task_set.service_arn))


def _id(name_or_arn: str) -> str:
    return f"ecs-svc/{last_part(name_or_arn)}"


def _percent(scale: Scale) -> str:
    return f"{scale.value:g} %"


def _scale(given: Mapping[str, Any] | None) -> Scale:
    """A share of the desired count; all of it where nothing is said."""
    given = given or {}
    unit, value = given.get("unit") or "PERCENT", given.get("value")
    if unit != "PERCENT":
        raise InvalidParameterException(f"scale.unit {unit} is not valid. Use PERCENT.")
    share = 100.0 if value is None else float(value)
    if not 0 <= share <= 100:
        raise InvalidParameterException(f"scale.value must be between 0 and 100; it is {share:g}.")
    return Scale(value=share)


def _ranked(task_set: TaskSet, primary: bool, now: float) -> TaskSet:
    status = TaskSetStatus.PRIMARY if primary else TaskSetStatus.ACTIVE
    if task_set.status in (status, TaskSetStatus.DRAINING):
        return task_set
    return replace(task_set, status=status, updated_at=now)


def _counted(task_set: TaskSet, service: Service, tasks: Sequence[Task]) -> TaskSet:
    mine = [t for t in tasks if t.deployment_id == task_set.id]
    return replace(
        task_set,
        computed_desired_count=task_set.wanted(service.desired_count),
        running_count=sum(t.last_status is TaskStatus.RUNNING for t in mine),
        pending_count=sum(t.last_status in NOT_YET_RUNNING for t in mine),
    )
