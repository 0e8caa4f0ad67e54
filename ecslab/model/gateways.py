"""Gateways: ingress that services of many clusters share, their associations, and the routes of services through them.

Pure records, frozen. Times in lab seconds. Invariant: a route's front is its gateway's.
Source: Amazon ECS API Reference, Gateway, GatewayRoute, GatewayClusterAssociationSummary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ecslab.model.express import AccessType, Front, Route


class GatewayStatus(StrEnum):
    """Status of a gateway, of those that one has here."""

    ACTIVE = "ACTIVE"
    UPDATE_IN_PROGRESS = "UPDATE_IN_PROGRESS"
    UPDATE_COMPLETE = "UPDATE_COMPLETE"
    UPDATE_FAILED = "UPDATE_FAILED"
    DELETED = "DELETED"


class AssociationStatus(StrEnum):
    """Status of a gateway's association with a cluster; one that has ended is forgotten."""

    ACTIVE = "ACTIVE"
    DISASSOCIATING = "DISASSOCIATING"


class RouteStatus(StrEnum):
    """Status of a gateway route, of those that one has here."""

    ACTIVE = "ACTIVE"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway; ``settings`` is its hostSharedAlb with the defaults filled in."""

    gateway_arn: str
    name: str
    infrastructure_role_arn: str
    deletion_protection: bool
    settings: Mapping[str, Any]
    vpc: str
    propagate_tags: str
    created_at: float
    updated_at: float
    tags: tuple[Mapping[str, str], ...] = ()
    status: GatewayStatus = GatewayStatus.ACTIVE
    status_reason: str | None = None
    failures: tuple[Mapping[str, Any], ...] = ()

    @property
    def access(self) -> AccessType:
        """From where its load balancers can be reached."""
        return AccessType.PRIVATE if self.settings["scheme"] == "internal" else AccessType.PUBLIC

    @property
    def subnets(self) -> tuple[str, ...]:
        """The subnets of its load balancers."""
        return tuple(self.settings["networkConfiguration"]["subnets"])


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRoute:
    """One service's way through a gateway. ``test_rules``: ARNs of its rules for test traffic."""

    arn: str
    gateway_arn: str
    service_arn: str
    port_name: str
    front: Front
    route: Route
    service_groups: tuple[str, ...] = ()
    test_rules: tuple[str, ...] = ()
    status: RouteStatus = RouteStatus.ACTIVE

    @property
    def cluster(self) -> str:
        """Name of the service's cluster."""
        return self.service_arn.split("/")[-2]
