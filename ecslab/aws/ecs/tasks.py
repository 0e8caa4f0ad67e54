"""RunTask, StartTask, StopTask, DescribeTasks, ListTasks: wishes about tasks, written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws import interfaces
from ecslab.aws.ecs.base import Failure, Request, Verbs, at_most, missing, page, read_query
from ecslab.aws.ecs.capacity import NO_SPOT
from ecslab.aws.ecs.commands import with_agents
from ecslab.aws.ecs.lifecycle import advance, wish_stopped
from ecslab.aws.ecs.networking import check_network
from ecslab.aws.ecs.platforms import platform_of, resolved
from ecslab.aws.ecs.roles import check_roles
from ecslab.aws.ecs.task_tags import FROM_DEFINITION, check_run, managed_tags, merged_tags
from ecslab.errors import ClientException, InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.definition import TaskDefinition, cpu_units, memory_mib
from ecslab.model.plan import Placement
from ecslab.model.status import (
    DesiredStatus,
    LaunchType,
    NetworkMode,
    StopCode,
    TaskStatus,
)
from ecslab.model.task import Container, Task
from ecslab.scheduler.capacity import split
from ecslab.scheduler.decisions import explained
from ecslab.scheduler.placement import Demand, place
from ecslab.scheduler.rooms import Draft

FILTERS = ("serviceName", "containerInstance", "family", "startedBy", "launchType", "daemonName")
"""What ListTasks can be asked for besides the desired status."""
NO_INSTANCES = "No Container Instances were found in your cluster."


class TaskVerbs(Verbs):
    """The verbs about tasks, and the two doors through which every task's changes go."""

    def run_task(self, request: Request) -> tuple[list[Task], list[Failure]]:
        """Place and write down up to ten tasks. No room is no exception: HTTP 200 with ``failures``."""
        cluster = self.active_cluster(request.get("cluster"))
        definition = self.definition(request["taskDefinition"])
        count = _count(request)
        launch_type, strategy = self.launch_of(request, cluster)
        check_network(self.place, definition, request.get("networkConfiguration"), launch_type)
        overrides = _overrides(request, definition)
        if launch_type is not LaunchType.FARGATE and not strategy and not self.store.has_own_instances(cluster):
            raise InvalidParameterException(NO_INSTANCES + " Register an instance, or use the FARGATE launch type.")
        check_roles(self.place, self.context, cluster, definition, overrides)
        tasks: list[Task] = []
        draft = Draft(self._demand(request, definition, overrides), self.store.rooms(cluster))
        for provider in split(strategy, count) if strategy else [None] * count:
            if provider in self.unavailable():
                return tasks, [{"arn": self.place.cluster(cluster), "reason": NO_SPOT}]
            placement = self._place_once(draft, launch_type, provider)
            if placement.instance_arn is None and provider is None:
                return tasks, self._unplaced(definition, placement)
            given = self._given(request, cluster, launch_type, provider, overrides)
            given["waits_for"] = draft.demand if placement.instance_arn is None else None
            tasks.append(self.add_task(definition, placement.instance_arn or None, **given))
            self.note_placed(tasks[-1], placement)
        return tasks, []

    def _place_once(self, draft: Draft, launch: LaunchType, provider: str | None) -> Placement:
        if launch is LaunchType.FARGATE:
            return Placement(instance_arn="")
        return draft.place(self.context.random.choice, provider=provider)

    def note_placed(self, task: Task, placement: Placement) -> None:
        """Write in the journal why a task is on its instance; nothing where there was no instance to choose."""
        if placement.instance_arn and placement.tallies:
            chosen = self.store.instance(placement.instance_arn)
            where = chosen.ec2_instance_id if chosen is not None else placement.instance_arn
            text = f"task {task.task_id[:8]} was placed on {where}"
            self.note("placement.chosen", task.task_arn, text, group=task.group, **explained(placement))

    def _demand(self, request: Request, definition: TaskDefinition, overrides: Mapping[str, Any]) -> Demand:
        return Demand(
            definition=definition,
            group=_group(request, definition),
            constraints=constraints_of(request),
            strategy=tuple(request.get("placementStrategy") or ()),
            zones=interfaces.zones_of(self.place, request.get("networkConfiguration")),
            cpu=cpu_units(overrides.get("cpu")),
            memory=memory_mib(overrides.get("memory")),
        )

    def _unplaced(self, definition: TaskDefinition, placement: Placement) -> list[Failure]:
        text = f"no instance had room for a task of {definition.family}:{definition.revision}"
        self.note("placement.failed", definition.arn, text, **explained(placement))
        return [{"arn": v.instance_arn, "reason": v.reason, "detail": v.detail} for v in placement.verdicts]

    def _given(
        self, request: Request, cluster: str, launch: LaunchType, provider: str | None, overrides: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            "cluster": cluster,
            "launch_type": launch,
            "group": request.get("group"),
            "started_by": request.get("startedBy"),
            "capacity_provider_name": provider,
            "overrides": overrides,
            "network": request.get("networkConfiguration"),
            "enable_execute_command": bool(request.get("enableExecuteCommand")),
            "platform_version": resolved(platform_of(request.get("platformVersion"), launch)),
            "tags": self._tags(request, cluster),
        }

    def _tags(self, request: Request, cluster: str) -> tuple[Mapping[str, str], ...]:
        """The request's tags, over the definition's where they are to be propagated, and ECS's managed ones."""
        propagate = request.get("propagateTags")
        check_run(propagate)
        definition = self.definition(request["taskDefinition"])
        record = self.task_definitions[definition.family][definition.revision]
        inherited = (record.tags or ()) if propagate == FROM_DEFINITION else ()
        managed = managed_tags(cluster) if request.get("enableECSManagedTags") else ()
        return merged_tags(inherited, request.get("tags") or (), managed)

    def start_task(self, request: Request) -> tuple[list[Task], list[Failure]]:
        """Start one task on each of the named instances; the placement rules do not apply."""
        cluster = self.active_cluster(request.get("cluster"))
        definition = self.definition(request["taskDefinition"])
        check_network(self.place, definition, request.get("networkConfiguration"), LaunchType.EC2)
        at_most(request["containerInstances"], 10, "containerInstances")
        overrides = _overrides(request, definition)
        check_roles(self.place, self.context, cluster, definition, overrides)
        tasks, failures = [], []
        for name in request["containerInstances"]:
            arn = self.place.container_instance(cluster, last_part(name))
            reason = self._start_obstacle(arn, definition, request)
            if reason:
                failures.append({"arn": arn, "reason": reason})
                continue
            given = self._given(request, cluster, LaunchType.EC2, None, overrides)
            tasks.append(self.add_task(definition, arn, **given))
        return tasks, failures

    def _start_obstacle(self, arn: str, definition: TaskDefinition, request: Request) -> str:
        instance = self.store.instance(arn)
        if instance is None:
            return "MISSING"
        zones = interfaces.zones_of(self.place, request.get("networkConfiguration"))
        demand = Demand(definition=definition, group=_group(request, definition), zones=zones)
        return place(demand, [self.store.room(instance)], self.context.random.choice).verdicts[0].reason

    def add_task(
        self,
        definition: TaskDefinition,
        instance_arn: str | None,
        *,
        cluster: str,
        launch_type: LaunchType,
        group: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        network: Mapping[str, Any] | None = None,
        tags: tuple[Mapping[str, str], ...] = (),
        waits_for: Demand | None = None,
        zone: str = "",
        **fields: Any,
    ) -> Task:
        """Write down one new task: PROVISIONING when it waits for a network interface or for capacity, else PENDING."""
        task_id = self.context.hex_id()
        arn = self.place.task(cluster, task_id)
        fargate = launch_type is LaunchType.FARGATE
        awsvpc = definition.network_mode is NetworkMode.AWSVPC
        overrides = overrides or {"containerOverrides": [], "inferenceAcceleratorOverrides": []}
        task = Task(
            task_arn=arn,
            cluster_arn=self.place.cluster(cluster),
            task_definition_arn=definition.arn,
            container_instance_arn=instance_arn,
            launch_type=launch_type,
            containers=tuple(self._containers(definition, cluster, task_id, arn)),
            created_at=self.context.now(),
            cpu=str(_or(cpu_units(overrides.get("cpu")), definition.reserved_cpu)),
            memory=str(_or(memory_mib(overrides.get("memory")), definition.reserved_memory)),
            group=group or f"family:{definition.family}",
            last_status=TaskStatus.PROVISIONING if awsvpc or waits_for else TaskStatus.PENDING,
            overrides=overrides,
            availability_zone=zone or self._zone(instance_arn, network, cluster, fields.get("service_name")),
            attributes=({"name": "ecs.cpu-architecture", "value": "x86_64"},) if fargate else (),
            platform_version=(_platform(fields.pop("platform_version", None)) if fargate else None),
            platform_family="Linux" if fargate else None,
            tags=tags,
            **{k: v for k, v in fields.items() if k != "platform_version"},
        )
        self.task_networks[arn] = network or {}
        if waits_for is not None:
            self.waiting[arn] = waits_for
        self.store.put_task(task)
        self._journal_status(task, None)
        return task

    def _zone(
        self, instance_arn: str | None, network: Mapping[str, Any] | None, cluster: str, service: str | None
    ) -> str:
        """The instance's zone; on Fargate one of the subnets', for a service the one with the fewest of its tasks."""
        instance = self.store.instance(instance_arn) if instance_arn else None
        if instance is not None:
            return instance.availability_zone
        zones = interfaces.zones_of(self.place, network) or (f"{self.place.region}a",)
        if len(zones) == 1:
            return zones[0]
        if not service:
            return str(self.context.random.choice(zones))
        alive = Counter(task.availability_zone for task in self.store.alive_of_service(cluster, service))
        return min(zones, key=lambda zone: alive[zone])

    def _containers(self, definition: TaskDefinition, cluster: str, task_id: str, arn: str) -> Iterable[Container]:
        for container in definition.containers:
            yield Container(
                container_arn=self.place.container(cluster, task_id, self.context.uuid()),
                task_arn=arn,
                name=container.name,
                image=container.image,
                cpu=str(container.cpu),
                memory=str(container.memory) if container.memory else None,
                memory_reservation=str(container.memory_reservation) if container.memory_reservation else None,
                essential=container.essential,
            )

    def find_task(self, cluster: str, task: str) -> Task | None:
        """A task by id or ARN, in a cluster."""
        return self.store.task(task if task.startswith("arn:") else self.place.task(cluster, task))

    def stop_task(self, request: Request) -> Task:
        """Write down the wish that a task be stopped. Its agent does the rest."""
        cluster = self.active_cluster(request.get("cluster"))
        task = self.find_task(cluster, request["task"])
        if task is None or task.cluster_name != cluster:
            raise InvalidParameterException("The referenced task was not found.")
        reason = request.get("reason") or "Task stopped by user"
        return self.wish_stopped(task, StopCode.USER_INITIATED, reason)

    def wish_stopped(self, task: Task, code: StopCode, reason: str) -> Task:
        """Record the wish that a task be stopped, with its stop code and reason."""
        if task.desired_status is DesiredStatus.STOPPED:
            return task
        task = self.store.put_task(wish_stopped(task, code, reason))
        self.note("task.stop", task.task_arn, f"{_name(task)} is to stop: {reason}", stop_code=code, reason=reason)
        return task

    def move_task(self, task: Task, target: TaskStatus) -> Task:
        """Take a task to ``target`` through every state between, each one recorded."""
        for step in advance(task, target, self.context.now()):
            before, task = task, self.store.put_task(step)
            self._journal_status(task, before.last_status)
        return task

    def _journal_status(self, task: Task, before: TaskStatus | None) -> None:
        ended = f": {task.stopped_reason}" if task.last_status is TaskStatus.STOPPED and task.stopped_reason else ""
        self.note(
            "task.status",
            task.task_arn,
            f"{_name(task)} is {task.last_status}{ended}",
            **{"from": before, "to": task.last_status, "stop_code": task.stop_code, "reason": task.stopped_reason},
            service=task.service_name,
            deployment=task.deployment_id,
            definition=task.task_definition_arn,
        )

    def describe_tasks(self, request: Request) -> tuple[list[Task], list[Failure]]:
        """Tasks by id or ARN; MISSING for those that are not there. Looking changes nothing."""
        cluster = self.active_cluster(request.get("cluster"))
        names = request.get("tasks") or []
        if not names:
            raise InvalidParameterException("Tasks cannot be empty.")
        at_most(names, 100, "tasks")
        found, failures = [], []
        for name in names:
            task = self.find_task(cluster, name)
            if task is None or task.cluster_name != cluster:
                failures.append(missing(name if name.startswith("arn:") else self.place.task(cluster, name)))
            else:
                shown = with_agents(task)
                found.append(shown if "TAGS" in (request.get("include") or ()) else replace(shown, tags=()))
        return found, failures

    def list_tasks(self, request: Request) -> tuple[list[str], str | None]:
        """ARNs of tasks that match every filter; desired RUNNING where no status is asked for."""
        cluster = self.active_cluster(request.get("cluster"))
        desired = request.get("desiredStatus") or DesiredStatus.RUNNING
        if desired == DesiredStatus.RUNNING and not any(request.get(name) for name in FILTERS):
            return page(self.store.wished(cluster), request, 100)
        if request.get("serviceName"):
            tasks: Iterable[Task] = self.store.tasks_of_service(cluster, last_part(request["serviceName"]))
        elif request.get("containerInstance"):
            instance = last_part(request["containerInstance"])
            tasks = self.store.tasks_of_instance(self.place.container_instance(cluster, instance))
        else:
            tasks = self.store.tasks(cluster)
        found = [t.task_arn for t in tasks if t.desired_status == desired and _matches(t, request)]
        return page(found, request, 100)


def _matches(task: Task, request: Request) -> bool:
    family = request.get("family")
    return (
        (not family or task.task_definition_arn.rsplit("/", 1)[-1].rpartition(":")[0] == family)
        and (not request.get("serviceName") or task.service_name == last_part(request["serviceName"]))
        and (not request.get("containerInstance") or _is_on(task, last_part(request["containerInstance"])))
        and (not request.get("startedBy") or task.started_by == request["startedBy"])
        and (not request.get("daemonName") or task.daemon_name == request["daemonName"])
        and (not request.get("launchType") or task.launch_type == request["launchType"])
    )


def _is_on(task: Task, instance: str) -> bool:
    return (task.container_instance_arn or "").endswith(f"/{instance}")


def _name(task: Task) -> str:
    family = task.task_definition_arn.rsplit("/", 1)[-1]
    owner = f" of service {task.service_name}" if task.service_name else ""
    return f"task {task.task_id[:8]} ({family}){owner}"


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _platform(version: str | None) -> str:
    return "1.4.0" if version in (None, "", "LATEST") else str(version)


def _count(request: Request) -> int:
    count = 1 if request.get("count") is None else request["count"]
    if not 1 <= count <= 10:
        raise InvalidParameterException(f"Count must be between 1 and 10; it is {count}. Call RunTask again for more.")
    return int(count)


def _group(request: Request, definition: TaskDefinition) -> str:
    return request.get("group") or f"family:{definition.family}"


def constraints_of(request: Request) -> tuple[Mapping[str, str], ...]:
    """The placement constraints of a run or service, at most ten. InvalidParameterException."""
    constraints = tuple(request.get("placementConstraints") or ())
    at_most(constraints, 10, "placementConstraints")
    for constraint in constraints:
        _check_constraint(constraint.get("type"), constraint.get("expression"))
    return constraints


def _check_constraint(kind: str | None, expression: str | None) -> None:
    if kind == "distinctInstance" and expression:
        raise InvalidParameterException("Expression should not be given for a distinctInstance constraint. Remove it.")
    if kind == "memberOf":
        if not expression:
            raise InvalidParameterException(
                "Expression is required for a memberOf constraint, such as attribute:ecs.instance-type == t3.small."
            )
        read_query(expression)


def _overrides(request: Request, definition: TaskDefinition) -> Mapping[str, Any]:
    overrides = request.get("overrides") or {}
    names = {c.name for c in definition.containers}
    for container in overrides.get("containerOverrides") or ():
        if container.get("name") not in names:
            raise InvalidParameterException(
                f"Override for container named {container.get('name')} is not a container in the TaskDefinition."
            )
    for read, member in ((cpu_units, "cpu"), (memory_mib, "memory")):
        try:
            read(overrides.get(member))
        except ValueError as wrong:
            raise ClientException(f"Invalid '{member}' setting for task: {wrong}.") from None
    return {"containerOverrides": [], "inferenceAcceleratorOverrides": [], **overrides}
