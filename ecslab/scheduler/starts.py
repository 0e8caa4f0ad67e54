"""Where a service's next tasks go: which capacity provider, which instance, and AWS's words where there is no room.

Pure. How many are to be started is ``scheduler.services``'s to say. Invariant: tasks placed in one plan share the room
there is, none is counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecslab.model.definition import TaskDefinition
from ecslab.model.plan import Placement, ServiceSnapshot, Start
from ecslab.model.service import Service
from ecslab.model.status import LaunchType, NetworkMode
from ecslab.model.task import Task
from ecslab.scheduler.capacity import choose
from ecslab.scheduler.placement import SERVICE_DEFAULT, Demand, Pick
from ecslab.scheduler.rooms import Draft

CLOSEST = {
    "RESOURCE:CPU": "has insufficient CPU units available.",
    "RESOURCE:MEMORY": "has insufficient memory available.",
    "RESOURCE:PORTS": "is already using a port required by your task.",
    "RESOURCE:ENI": 'encountered error "RESOURCE:ENI".',
    "ATTRIBUTE": "is missing an attribute required by your task.",
    "AGENT": 'encountered error "AGENT".',
}
NO_CAPACITY = (
    "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a "
    "different availability zone."
)
EVERYWHERE = Placement(instance_arn="")
"""On Fargate there is no instance to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one task is to go: an instance (ARN), an availability zone, or anywhere."""

    instance: str = ""
    zone: str = ""


def find_starts(
    snapshot: ServiceSnapshot, alive: Sequence[Task], targets: Sequence[Target], pick: Pick
) -> tuple[list[Start], list[Placement]]:
    """One start per target, for the newest deployment.

    ``alive`` are its tasks, which count for the base and weights of a capacity provider strategy. The first task that
    finds no room ends it, unless its capacity provider lets it wait.
    """
    starts: list[Start] = []
    if not targets:
        return starts, []
    service, primary = snapshot.service, snapshot.service.primary
    definition = snapshot.definitions[primary.task_definition]
    have: dict[str, int] = {}
    for task in alive:
        have[task.capacity_provider_name or ""] = have.get(task.capacity_provider_name or "", 0) + 1
    draft = Draft(demand_of(service, definition, snapshot.zones), snapshot.rooms)
    for target in targets:
        provider = choose(service.capacity_provider_strategy, have) if service.capacity_provider_strategy else None
        found = _find(snapshot, draft, target, provider, pick)
        if found.instance_arn is None and provider not in snapshot.managed:
            return starts, [found]
        have[provider or ""] = have.get(provider or "", 0) + 1
        starts.append(
            Start(
                deployment_id=primary.id,
                task_definition=primary.task_definition,
                placement=found,
                provider=provider,
                zone=target.zone,
            )
        )
    return starts, []


def _find(snapshot: ServiceSnapshot, draft: Draft, target: Target, provider: str | None, pick: Pick) -> Placement:
    if snapshot.service.launches_on is LaunchType.FARGATE:
        return Placement(instance_arn=None) if provider in snapshot.unavailable else EVERYWHERE
    if target.instance:
        return draft.place_on(target.instance, pick, provider=provider)
    return draft.place(pick, provider=provider, zone=target.zone)


def demand_of(service: Service, definition: TaskDefinition, zones: tuple[str, ...]) -> Demand:
    """What a task of the service needs."""
    return Demand(
        definition=definition,
        group=f"service:{service.service_name}",
        constraints=service.placement_constraints,
        strategy=service.placement_strategy or SERVICE_DEFAULT,
        zones=zones if definition.network_mode is NetworkMode.AWSVPC else (),
    )


def placement_events(service: Service, unplaced: Sequence[Placement]) -> list[str]:
    """AWS's sentence for a task that found no instance, with the closest match where there is one."""
    if not unplaced:
        return []
    if service.launches_on is LaunchType.FARGATE:
        return [NO_CAPACITY]
    text = "was unable to place a task because no container instance met all of its requirements."
    verdicts = [tally.first for tally in unplaced[0].tallies]
    if not verdicts:
        return [f"{text} Reason: No Container Instances were found in your cluster."]
    closest = max(verdicts, key=lambda v: (list(CLOSEST).index(v.reason) if v.reason in CLOSEST else -1) * -1)
    why = CLOSEST.get(closest.reason, f'encountered error "{closest.reason}".')
    instance = closest.instance_arn.rsplit("/", 1)[-1]
    return [f"{text} The closest matching (container-instance {instance}) {why}"]
