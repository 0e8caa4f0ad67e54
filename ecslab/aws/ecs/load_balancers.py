"""``loadBalancers`` of services and task sets: AWS's rules, and which target group a deployment's tasks are put in.

It registers nothing (``control.balancing`` does). Invariant: what ``read_balancers`` lets pass can be registered.
Sources: Amazon ECS API Reference, LoadBalancer and AdvancedConfiguration; Developer Guide, "Use load balancing to
distribute Amazon ECS service traffic"; facts: errors, target_groups_per_service; traps: T13, T72. Sentences without an
AWS text in the facts are this lab's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecslab.aws import balancing
from ecslab.aws.context import LabContext
from ecslab.aws.ecs.base import Verbs
from ecslab.errors import InvalidParameterException
from ecslab.model.arn import Place
from ecslab.model.balancing import Binding, Target, TargetState
from ecslab.model.definition import TaskDefinition
from ecslab.model.service import Deployment, Service
from ecslab.model.status import HealthStatus, NetworkMode
from ecslab.model.task import Task

Given = Mapping[str, Any]
MOST = 5
"""Target groups of a service (facts: target_groups_per_service)."""
ECS = "ecs.amazonaws.com"
NEEDED = ("alternateTargetGroupArn", "productionListenerRule", "roleArn")


def check_shifting(service: Service) -> None:
    """What a deployment that shifts traffic needs of its load balancers. InvalidParameterException."""
    if not service.deployment_configuration.shifts_traffic:
        return
    strategy = service.deployment_configuration.strategy
    for one in service.load_balancers:
        lacking = [key for key in NEEDED if not (one.get("advancedConfiguration") or {}).get(key)]
        if lacking:
            raise InvalidParameterException(
                f"The {strategy} deployment strategy needs {', '.join(lacking)} in the advancedConfiguration of "
                "loadBalancers: it has green in a second target group, and moves the weights of a listener rule."
            )


def _check(place: Place, one: Given, definition: TaskDefinition) -> None:
    arn = one.get("targetGroupArn")
    if not arn:
        raise InvalidParameterException("loadBalancers needs a targetGroupArn. `aws elbv2 describe-target-groups`.")
    _check_group(place, str(arn), definition)
    name, port = one.get("containerName") or "", one.get("containerPort")
    container = next((c for c in definition.containers if c.name == name), None)
    if container is None:
        known = ", ".join(c.name for c in definition.containers)
        raise InvalidParameterException(
            f"The container {name} does not exist in the task definition. It has: {known}. Check containerName."
        )
    ports = [mapping.container_port for mapping in container.port_mappings]
    if port not in ports:
        raise InvalidParameterException(
            f"The container {name} did not have a container port {port} defined. "
            f"Its portMappings have: {', '.join(map(str, ports)) or 'none'}."
        )


def _check_group(place: Place, arn: str, definition: TaskDefinition) -> None:
    found = balancing.group(place, arn)
    if found is None:
        raise InvalidParameterException(
            f"The target group {arn} does not exist. `aws elbv2 describe-target-groups` shows those there are."
        )
    if not balancing.is_used(place, arn):
        raise InvalidParameterException(
            f"The target group with targetGroupArn {arn} does not have an associated load balancer. "
            "Let a listener or a rule forward to it first."
        )
    awsvpc = definition.network_mode is NetworkMode.AWSVPC
    if definition.network_mode is NetworkMode.NONE:
        raise InvalidParameterException("Tasks with networkMode none have no port that a target group could reach.")
    if found.target_type != ("ip" if awsvpc else "instance"):
        raise InvalidParameterException(
            f"The provided target group {arn} has target type {found.target_type}, which is incompatible with the "
            f"{definition.network_mode} network mode specified in the task definition. "
            f"Make one with target type {'ip' if awsvpc else 'instance'}."
        )


def _check_advanced(place: Place, context: LabContext, given: Given, definition: TaskDefinition) -> None:
    from ecslab.aws.iam import sessions

    if given.get("alternateTargetGroupArn"):
        _check_group(place, str(given["alternateTargetGroupArn"]), definition)
    for key in ("productionListenerRule", "testListenerRule"):
        if given.get(key) and balancing.rule(place, str(given[key])) is None:
            raise InvalidParameterException(
                f"advancedConfiguration.{key} {given[key]} does not exist. `aws elbv2 describe-rules` shows the rules "
                "of a listener; its default rule has an ARN, too."
            )
    if given.get("roleArn"):
        try:
            sessions.trusting(place, context, role_arn=str(given["roleArn"]), service=ECS)
        except sessions.AccessDenied as denied:
            raise InvalidParameterException(
                f"ECS cannot assume the role {given['roleArn']} to change listener rules. "
                f"{' '.join(denied.sentences[:1])} Its trust policy must allow {ECS} to assume it."
            ) from None


def bindings(service: Service, load_balancers: Iterable[Given], primary: Deployment | None) -> tuple[Binding, ...]:
    """The target groups of a service's next deployment.

    Where traffic is shifted it has, of each pair, the one in which its predecessor is not; else the same.
    """
    busy = {binding.target_group for binding in primary.bindings} if primary is not None else set()
    found = []
    for one in load_balancers:
        first = str(one["targetGroupArn"])
        second = str((one.get("advancedConfiguration") or {}).get("alternateTargetGroupArn") or first)
        shifts = service.deployment_configuration.shifts_traffic
        chosen = second if ((first in busy) if shifts else (second in busy and first not in busy)) else first
        found.append(Binding(target_group=chosen, container=str(one["containerName"]), port=int(one["containerPort"])))
    return tuple(found)


class LoadBalancerVerbs(Verbs):
    """What ECS remembers of targets: by task, and which tasks wait for their connections to drain."""

    targets: dict[str, tuple[Target, ...]]
    deregistering: dict[str, float]
    """By task, the lab time until which it may not be stopped."""

    def read_balancers(self, given: Sequence[Given], task_definition: str) -> tuple[Given, ...]:
        """The load balancers asked for, for tasks of this definition, as they are shown. InvalidParameterException."""
        groups = [one.get("targetGroupArn") for one in given]
        if len(given) > MOST:
            raise InvalidParameterException(f"A service can have at most {MOST} target groups; {len(given)} are given.")
        for one in given:
            definition = self.store.definitions[task_definition]
            _check(self.place, one, definition)
            if one.get("advancedConfiguration"):
                _check_advanced(self.place, self.context, one["advancedConfiguration"], definition)
        if len(set(groups)) < len(groups):
            raise InvalidParameterException("loadBalancers names a target group twice. Name each once.")
        return tuple(given)

    def balance(self, service: Service, tasks: Iterable[Task]) -> tuple[tuple[Task, ...], dict[str, str]]:
        """The tasks with the health that their load balancers give them, and of each sick one the target group."""
        balanced = {work.id: len(work.bindings) for work in service.works if work.bindings}
        if not balanced:
            return tuple(tasks), {}
        seen: list[Task] = []
        sick: dict[str, str] = {}
        for task in tasks:
            wanted = balanced.get(task.deployment_id or "", 0)
            if wanted and task.health_status is not HealthStatus.UNHEALTHY:
                health, group = self._judged(task, wanted)
                task = replace(task, health_status=health)
                sick |= {task.task_arn: group} if group else {}
            seen.append(task)
        return tuple(seen), sick

    def _judged(self, task: Task, wanted: int) -> tuple[HealthStatus, str]:
        known = self.targets.get(task.task_arn, ())
        failing = next((t.target_group for t in known if t.state is TargetState.UNHEALTHY), "")
        if failing:
            return HealthStatus.UNHEALTHY, failing
        definition = self.store.definitions[task.task_definition_arn]
        own = any(c.health_check and c.essential for c in definition.containers)
        served = len(known) == wanted and all(t.state is TargetState.HEALTHY for t in known)
        passed = served and (not own or task.health_status is HealthStatus.HEALTHY)
        return HealthStatus.HEALTHY if passed else HealthStatus.UNKNOWN, ""
