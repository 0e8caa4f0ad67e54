"""Names: ARNs of ECS things, built and taken apart. Pure strings; it knows nothing of what exists.

Shapes: Amazon ECS Developer Guide, "Amazon Resource Names (ARNs)", long format.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The account and region in which names are made."""

    account: str
    region: str

    def _arn(self, path: str) -> str:
        return f"arn:aws:ecs:{self.region}:{self.account}:{path}"

    def cluster(self, name: str) -> str:
        """ARN of a cluster."""
        return self._arn(f"cluster/{name}")

    def task(self, cluster: str, task_id: str) -> str:
        """ARN of a task; ``task_id`` is 32 hex digits."""
        return self._arn(f"task/{cluster}/{task_id}")

    def container(self, cluster: str, task_id: str, container_id: str) -> str:
        """ARN of a container of a task."""
        return self._arn(f"container/{cluster}/{task_id}/{container_id}")

    def service(self, cluster: str, name: str) -> str:
        """ARN of a service."""
        return self._arn(f"service/{cluster}/{name}")

    def service_deployment(self, cluster: str, service: str, deployment_id: str) -> str:
        """ARN of a service deployment; ``deployment_id`` is a short random word."""
        return self._arn(f"service-deployment/{cluster}/{service}/{deployment_id}")

    def service_revision(self, cluster: str, service: str, digits: str) -> str:
        """ARN of a service revision; ``digits`` are those of the deployment that runs it."""
        return self._arn(f"service-revision/{cluster}/{service}/{digits}")

    def task_set(self, cluster: str, service: str, task_set_id: str) -> str:
        """ARN of a task set; ``task_set_id`` is ``ecs-svc/<digits>``."""
        return self._arn(f"task-set/{cluster}/{service}/{task_set_id}")

    def gateway(self, name: str) -> str:
        """ARN of a gateway."""
        return self._arn(f"gateway/{name}")

    def gateway_route(self, gateway: str, route_id: str) -> str:
        """ARN of a gateway route; AWS does not document its shape, this one is the lab's."""
        return self._arn(f"gateway-route/{gateway}/{route_id}")

    def container_instance(self, cluster: str, instance_id: str) -> str:
        """ARN of a container instance; ``instance_id`` is 32 hex digits."""
        return self._arn(f"container-instance/{cluster}/{instance_id}")

    def task_definition(self, family: str, revision: int) -> str:
        """ARN of one revision of a task definition."""
        return self._arn(f"task-definition/{family}:{revision}")


def last_part(name_or_arn: str) -> str:
    """The name or id at the end of an ARN; a plain name is given back as it is."""
    return name_or_arn.rsplit("/", 1)[-1]


def family_and_revision(name_or_arn: str) -> tuple[str, int | None]:
    """``family``, ``family:revision`` or an ARN, taken apart; the revision is None where there is none.

    ValueError when what follows the colon is not a number.
    """
    family, colon, revision = last_part(name_or_arn).partition(":")
    return family, int(revision) if colon else None
