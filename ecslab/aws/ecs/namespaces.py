"""ListServicesByNamespace: which services, of all clusters, are in a namespace of AWS Cloud Map.

A service is in the namespace of its ``serviceRegistries``. Source: Amazon ECS API Reference, ListServicesByNamespace.
"""

from __future__ import annotations

from typing import Any

from ecslab.aws.ecs.base import Request, Verbs, page
from ecslab.errors import ApiError
from ecslab.model.service import Service
from ecslab.model.status import ServiceStatus

MOST, FIRST = 100, 10


class NamespaceNotFoundException(ApiError):
    """Cloud Map has no such namespace."""


class NamespaceVerbs(Verbs):
    """The verb about namespaces."""

    def list_services_by_namespace(self, request: Request) -> tuple[list[str], str | None]:
        """ARNs of the services in the namespace (name or ARN), page by page. NamespaceNotFoundException."""
        discovery = self._discovery()
        wanted = request["namespace"]
        found = next((n for n in discovery.namespaces.values() if wanted in (n.name, n.arn)), None)
        if found is None:
            raise NamespaceNotFoundException(
                f"The namespace '{wanted}' was not found. Create it in Cloud Map, or list those there are."
            )
        registries = {s.arn for s in discovery.services.values() if s.namespace_id == found.id}
        arns = [s.service_arn for s in self.store.services() if _registered(s, registries)]
        return page(arns, {**request, "maxResults": request.get("maxResults") or FIRST}, MOST)

    def _discovery(self) -> Any:
        from moto.backends import get_backend

        return get_backend("servicediscovery")[self.place.account][self.place.region]


def _registered(service: Service, registries: set[str]) -> bool:
    own = {str(r.get("registryArn")) for r in service.service_registries}
    return service.status is not ServiceStatus.INACTIVE and bool(own & registries)
