"""The registry of service deployments and service revisions: what was deployed, for 90 lab days.

It is told of each service as it is written down and remembers; it decides nothing. Invariant: the newest service
deployment of a service stands here exactly as it stands on the service. Callers hold the timeline's lock.
Source: Amazon ECS Developer Guide, "View service history using Amazon ECS service deployments": the most recent 90
days can be seen, and what belongs to a deleted service goes with it.
"""

from __future__ import annotations

from ecslab.model.deployments import KEPT_DAYS, ServiceDeployment, ServiceRevision
from ecslab.model.service import Service
from ecslab.model.status import ServiceStatus

KEPT = KEPT_DAYS * 86400.0
"""Lab seconds."""


class History:
    """Service deployments and revisions of one account and region."""

    def __init__(self) -> None:
        self._deployments: dict[str, dict[str, ServiceDeployment]] = {}
        """By ARN of the service, oldest first."""
        self._revisions: dict[str, dict[str, ServiceRevision]] = {}

    def note(self, service: Service) -> None:
        """Remember the newest service deployment of a service, and its revision."""
        if service.status is ServiceStatus.INACTIVE:
            self._deployments.pop(service.service_arn, None)
            self._revisions.pop(service.service_arn, None)
        elif service.rollout is not None:
            self.keep(service.rollout)
            revisions = self._revisions.setdefault(service.service_arn, {})
            arn = service.rollout.target_service_revision_arn
            if arn not in revisions:
                revisions[arn] = _revision(service, arn)

    def keep(self, record: ServiceDeployment) -> None:
        """Remember one service deployment as it now is."""
        self._deployments.setdefault(record.service_arn, {})[record.service_deployment_arn] = record

    def deployments(self, service_arn: str, now: float) -> tuple[ServiceDeployment, ...]:
        """The service deployments of a service in the last 90 days, newest first."""
        mine = self._deployments.get(service_arn, {})
        for arn in [arn for arn, record in mine.items() if record.is_finished and now - record.created_at > KEPT]:
            del mine[arn]
        return tuple(reversed(mine.values()))

    def deployment(self, arn: str, now: float) -> ServiceDeployment | None:
        """The service deployment with that ARN, unless it is older than 90 days."""
        of_service = arn.rsplit("/", 1)[0].replace(":service-deployment/", ":service/", 1)
        return next((r for r in self.deployments(of_service, now) if r.service_deployment_arn == arn), None)

    def revision(self, arn: str) -> ServiceRevision | None:
        """The service revision with that ARN."""
        of_service = arn.rsplit("/", 1)[0].replace(":service-revision/", ":service/", 1)
        return self._revisions.get(of_service, {}).get(arn)


def _revision(service: Service, arn: str) -> ServiceRevision:
    primary = service.primary
    return ServiceRevision(
        service_revision_arn=arn,
        service_arn=service.service_arn,
        cluster_arn=service.cluster_arn,
        task_definition=primary.task_definition,
        created_at=primary.created_at,
        capacity_provider_strategy=primary.capacity_provider_strategy,
        launch_type=primary.launch_type,
        platform_version=primary.platform_version,
        platform_family=primary.platform_family,
        network_configuration=primary.network_configuration,
        load_balancers=service.load_balancers,
        gateway_connectors=service.gateway_connectors,
        service_registries=service.service_registries,
    )
