"""Scalable targets, scaling policies, scheduled actions and activities of an account, as frozen records.

It decides nothing and knows no request. Invariant: a policy and a scheduled action belong to a registered
target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecslab.scheduler.scaling import COOLDOWN, Adjustment, Limits, Memory, Step

TARGET_TRACKING = "TargetTrackingScaling"
STEP_SCALING = "StepScaling"
MOST_ACTIVITIES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalableTarget:
    """A service's desired count as something to scale; ``resource_id`` is ``service/CLUSTER/SERVICE``."""

    resource_id: str
    arn: str
    least: int
    most: int
    role_arn: str
    created_at: float
    suspended: Mapping[str, bool] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return self.resource_id.split("/")[1]

    @property
    def service(self) -> str:
        """The service's name."""
        return self.resource_id.split("/")[2]

    @property
    def limits(self) -> Limits:
        """Its bounds, for a decision."""
        return Limits(
            least=self.least,
            most=self.most,
            out_suspended=bool(self.suspended.get("DynamicScalingOutSuspended")),
            in_suspended=bool(self.suspended.get("DynamicScalingInSuspended")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """A policy; ``body`` is its configuration as given, ``alarms`` the names of the two that target tracking made."""

    name: str
    arn: str
    resource_id: str
    kind: str
    body: Mapping[str, Any]
    created_at: float
    alarms: tuple[str, ...] = ()

    @property
    def target(self) -> float:
        """The value that target tracking keeps to."""
        return float(self.body.get("TargetValue", 0))

    @property
    def scales_in(self) -> bool:
        """Whether it may scale in."""
        return not self.body.get("DisableScaleIn")

    def cooldown(self, direction: str) -> float:
        """Lab seconds; ``direction`` is Out or In."""
        own = self.body.get("Cooldown") if self.kind == STEP_SCALING else self.body.get(f"Scale{direction}Cooldown")
        return COOLDOWN if own is None else float(own)

    @property
    def adjustment(self) -> Adjustment:
        """What the numbers of its steps mean."""
        return Adjustment(self.body.get("AdjustmentType", Adjustment.CHANGE))

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its steps."""
        return tuple(
            Step(
                adjustment=int(step["ScalingAdjustment"]),
                lower=step.get("MetricIntervalLowerBound"),
                upper=step.get("MetricIntervalUpperBound"),
            )
            for step in self.body.get("StepAdjustments", ())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledAction:
    """New bounds at a time; ``least`` and ``most`` None leave that bound as it is."""

    name: str
    arn: str
    resource_id: str
    expression: str
    zone: str
    created_at: float
    least: int | None = None
    most: int | None = None
    begin: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One scaling activity, as DescribeScalingActivities tells it; ``reasons`` are why nothing was scaled."""

    activity_id: str
    resource_id: str
    description: str
    cause: str
    at: float
    status: str
    message: str
    reasons: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class ScalingRegistry:
    """Everything registered, by resource id (and name)."""

    targets: dict[str, ScalableTarget] = field(default_factory=dict)
    policies: dict[tuple[str, str], ScalingPolicy] = field(default_factory=dict)
    actions: dict[tuple[str, str], ScheduledAction] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)

    def policies_of(self, resource_id: str) -> tuple[ScalingPolicy, ...]:
        """The policies of a target, oldest first."""
        return tuple(policy for (resource, _), policy in self.policies.items() if resource == resource_id)

    def actions_of(self, resource_id: str) -> tuple[ScheduledAction, ...]:
        """The scheduled actions of a target."""
        return tuple(action for (resource, _), action in self.actions.items() if resource == resource_id)

    def note(self, activity: Activity) -> None:
        """Keep an activity, and no more than the newest thousand."""
        self.activities.append(activity)
        del self.activities[:-MOST_ACTIVITIES]
