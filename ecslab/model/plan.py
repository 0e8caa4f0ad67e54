"""What the scheduler sees and what it answers: snapshots in, plans out. Data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ecslab.model.definition import TaskDefinition
from ecslab.model.instance import Room
from ecslab.model.service import Service
from ecslab.model.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What placement found of one instance: ``reason`` is empty where the task fits."""

    instance_arn: str
    ec2_instance_id: str
    reason: str = ""
    detail: str = ""
    """The same in words, with numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many instances have the same reason (or fit), and what was found of the first of them."""

    number: int
    first: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One placement decision with its reasons: the chosen instance, or none and why."""

    instance_arn: str | None
    verdicts: Sequence[Verdict] = ()
    """One per instance, in the order of the instances. In a large cluster they are put together when they are read."""
    tallies: tuple[Tally, ...] = ()
    """The same counted, one per reason."""

    @property
    def placed(self) -> bool:
        """Whether an instance was chosen."""
        return self.instance_arn is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSnapshot:
    """Everything the scheduler may know to plan one service."""

    service: Service
    tasks: tuple[Task, ...]
    """Tasks of the service that are not STOPPED."""
    definitions: Mapping[str, TaskDefinition]
    """By ARN: those of all its deployments."""
    rooms: Sequence[Room] = ()
    """Instances of the cluster (EC2 launch type)."""
    zones: tuple[str, ...] = ()
    """Availability zones of the subnets in its networkConfiguration."""
    unavailable: frozenset[str] = frozenset()
    """Capacity providers that have no room whatever is asked for."""
    managed: frozenset[str] = frozenset()
    """Capacity providers whose tasks wait for capacity where there is none."""
    in_alarm: frozenset[str] = frozenset()
    """Those of its deployment alarms that are in ALARM."""
    sick: Mapping[str, str] = field(default_factory=dict)
    """By task, the target group whose health checks it fails."""
    hook_answers: Mapping[str, str] = field(default_factory=dict)
    """What the functions of lifecycle hooks answer, by ARN, where the lab was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Start one task of a deployment."""

    deployment_id: str
    task_definition: str
    placement: Placement
    """No instance where the task waits for capacity; an empty one on Fargate."""
    provider: str | None = None
    """The capacity provider, where the service has a strategy."""
    zone: str = ""
    """The availability zone, where it matters which (rebalancing)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Stop one task."""

    task_arn: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do for one service now. ``unplaced`` are placements that found no instance.

    ``service`` is the service as it should be recorded (deployments, status, steady); ``events`` are messages
    without the "(service x)" in front. ``recheck_at`` asks to be planned again at that time at the latest.
    """

    service: Service
    starts: tuple[Start, ...] = ()
    stops: tuple[Stop, ...] = ()
    unplaced: tuple[Placement, ...] = ()
    events: tuple[str, ...] = ()
    recheck_at: float | None = None
