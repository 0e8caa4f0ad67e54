"""What Amazon ECS tells EventBridge of services: service actions and deployments that change. Pure.

Both are read from two states of a service: the events it has now and had not, the deployments that have moved on.
Invariant: a service event without a name on AWS gives no service action. Sources: Amazon ECS Developer Guide, "Amazon
ECS service action events", "Amazon ECS service deployment state change events" and "Track Amazon ECS Availability Zone
rebalancing"; the reasons are RunTask's (facts: service_event_meta).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ecslab.aws.events import Fact, Json
from ecslab.model.arn import Place
from ecslab.model.capacity import FARGATE_SPOT
from ecslab.model.service import Deployment, Service, ServiceEvent
from ecslab.model.status import RolloutState, SchedulingStrategy
from ecslab.scheduler.starts import CLOSEST, NO_CAPACITY
from ecslab.timeline import iso

ACTION = "ECS Service Action"
DEPLOYMENT = "ECS Deployment State Change"
PLACEMENT = "SERVICE_TASK_PLACEMENT_FAILURE"
CONFIGURATION = "SERVICE_TASK_CONFIGURATION_FAILURE"
STEADY = "SERVICE_STEADY_STATE"
_ACTIONS = (
    # words of the service event, eventType, eventName; the first that is found counts
    ("is not AZ balanced", "INFO", "SERVICE_REBALANCING_STARTED"),
    ("is AZ balanced", "INFO", "SERVICE_REBALANCING_COMPLETED"),
    ("stopped AZ Rebalancing", "INFO", "SERVICE_REBALANCING_STOPPED"),
    ("to AZ Rebalance:", "INFO", "TASKS_STARTED"),
    ("unable to scale in", "INFO", "TASKSET_SCALE_IN_FAILURE_BY_TASK_PROTECTION"),
    ("has reached a steady state.", "INFO", STEADY),
    ("has stopped ", "INFO", "TASKS_STOPPED"),
    ("is unable to consistently start tasks", "WARN", "SERVICE_TASK_START_IMPAIRED"),
    ("unable to place a task", "ERROR", PLACEMENT),
    ("failed to launch a task with (error", "ERROR", CONFIGURATION),
)
_STATES: Mapping[RolloutState | None, tuple[str, str]] = {
    RolloutState.IN_PROGRESS: ("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
    RolloutState.COMPLETED: ("INFO", "SERVICE_DEPLOYMENT_COMPLETED"),
    RolloutState.FAILED: ("ERROR", "SERVICE_DEPLOYMENT_FAILED"),
}
_ENCOUNTERED = re.compile(r'encountered error "([^"]+)"')
_REFUSED = re.compile(r"failed to launch a task with \(error (.*)\)\.?$", re.DOTALL)


def service_changes(before: Service | None, after: Service, place: Place, at: float) -> list[Fact]:
    """All that a change of a service gives: its deployments first, then what it said, oldest first."""
    facts = [_deployment(after, deployment) for deployment in _moved(before, after)]
    if before is not None and _counted_anew(before, after):
        facts.append(_action(after, "INFO", "SERVICE_DESIRED_COUNT_UPDATED", at))
    for event in _said(before, after):
        facts += _actions(after, event, place)
    return facts


def _moved(before: Service | None, after: Service) -> Iterable[Deployment]:
    """Deployments that are new or in another state than before, oldest first."""
    known = {d.id: d.rollout_state for d in before.deployments} if before is not None else {}
    for deployment in reversed(after.deployments):
        if deployment.rollout_state in _STATES and known.get(deployment.id) is not deployment.rollout_state:
            yield deployment


def _deployment(service: Service, deployment: Deployment) -> Fact:
    kind, name = _STATES[deployment.rollout_state]
    detail: Json = {
        "eventType": kind,
        "eventName": name,
        "clusterArn": service.cluster_arn,
        "deploymentId": deployment.id,
        "updatedAt": iso(deployment.updated_at),
        "reason": deployment.rollout_state_reason or "",
    }
    return Fact(detail_type=DEPLOYMENT, resource=service.service_arn, detail=detail, at=deployment.updated_at)


def _counted_anew(before: Service, after: Service) -> bool:
    """Whether the scheduler, and nobody else, has changed how many tasks there should be."""
    return after.scheduling_strategy is SchedulingStrategy.DAEMON and before.desired_count != after.desired_count


def _said(before: Service | None, after: Service) -> list[ServiceEvent]:
    """The service events that are new, oldest first."""
    last = before.events[0].id if before is not None and before.events else None
    new: list[ServiceEvent] = []
    for event in after.events:
        if event.id == last:
            break
        new.append(event)
    return new[::-1]


def _actions(service: Service, event: ServiceEvent, place: Place) -> list[Fact]:
    found = next(((kind, name) for words, kind, name in _ACTIONS if words in event.message), None)
    if found is None:
        return []
    kind, name = found
    more: Json = {}
    providers = _providers(service, place)
    if name == PLACEMENT:
        more = {"capacityProviderArns": _short_of(providers)} if providers else {}
        more["reason"] = placement_reason(event.message)
    elif name == CONFIGURATION:
        refused = _REFUSED.search(event.message)
        more = {"reason": refused[1] if refused else event.message}
    facts = [_action(service, kind, name, event.created_at, more)]
    if name == STEADY and providers:
        capacity = {"capacityProviderArns": providers}
        facts.append(_action(service, kind, "CAPACITY_PROVIDER_STEADY_STATE", event.created_at, capacity))
    return facts


def _action(service: Service, kind: str, name: str, at: float, more: Json | None = None) -> Fact:
    detail = {
        "eventType": kind,
        "eventName": name,
        "clusterArn": service.cluster_arn,
        **(more or {}),
        "createdAt": iso(at),
    }
    return Fact(detail_type=ACTION, resource=service.service_arn, detail=detail, at=at)


def _providers(service: Service, place: Place) -> list[str]:
    start = f"arn:aws:ecs:{place.region}:{place.account}:capacity-provider/"
    return [start + str(item["capacityProvider"]) for item in service.capacity_provider_strategy]


def _short_of(providers: list[str]) -> list[str]:
    """Those that can be without room: only Spot capacity ends on Fargate."""
    return [arn for arn in providers if arn.endswith(f"/{FARGATE_SPOT}")] or providers


def placement_reason(message: str) -> str:
    """RunTask's reason behind a service event about a task that was not placed, such as RESOURCE:MEMORY."""
    if NO_CAPACITY in message:
        return "RESOURCE:FARGATE"
    for reason, words in CLOSEST.items():
        if message.endswith(words):
            return reason
    found = _ENCOUNTERED.search(message)
    return found[1] if found else "NO ACTIVE INSTANCES"
