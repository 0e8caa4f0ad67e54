"""Express services and shared load balancers: which resources ECS has made in front of a service, by their names.

Pure records; they make nothing (``ecslab.aws.ingress`` does). What an Express service runs is not kept here: it is read
from its service, task definition, target groups and scalable target, so a change made to those directly is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccessType(StrEnum):
    """From where an endpoint can be reached."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """An Application Load Balancer that services share, with its HTTPS listener and its security group."""

    load_balancer: str
    listener: str
    security_group: str
    vpc: str
    access: AccessType
    zones: frozenset[str] = frozenset()
    """Availability zones in which it has a subnet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What of a front is one service's: a rule for its host name, and the two target groups between which it shifts."""

    host: str
    rule: str
    target_groups: tuple[str, str]

    @property
    def url(self) -> str:
        """The address that is shown."""
        return f"https://{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Express:
    """An Express service; ``front`` None once what ECS made for it is gone. Times in lab seconds."""

    service_arn: str
    infrastructure_role_arn: str
    created_at: float
    updated_at: float
    front: Front | None
    route: Route
    service_group: str
    """Id of the security group that ECS made for its tasks."""
    log_group: str
    """The log group that ECS makes once a container writes to it."""
    alarm: str
    deleted: bool = False
    """Whether it is to go with its last task."""
