"""Clusters: moto's registry, with AWS's rules for names, states and deletion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ecslab.aws.ecs.base import Failure, Request, Verbs, at_most, missing, page
from ecslab.aws.ecs.capacity import read_strategy
from ecslab.aws.ecs.cluster_settings import check_configuration, merged
from ecslab.errors import (
    ClusterContainsContainerInstancesException,
    ClusterContainsServicesException,
    ClusterContainsTasksException,
    ClusterNotFoundException,
    InvalidParameterException,
)
from ecslab.model.arn import last_part
from ecslab.model.status import NOT_YET_RUNNING, ServiceStatus, TaskStatus

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class ClusterVerbs(Verbs):
    """CreateCluster, DescribeClusters, ListClusters, DeleteCluster."""

    def create_cluster(
        self,
        cluster_name: str = "default",
        tags: Any = None,
        cluster_settings: Any = None,
        configuration: Any = None,
        capacity_providers: Any = None,
        default_capacity_provider_strategy: Any = None,
        service_connect_defaults: Any = None,
    ) -> Any:
        """Create a cluster; one that is ACTIVE under that name is given back as it is, as AWS does."""
        if not NAME.fullmatch(cluster_name):
            raise InvalidParameterException(
                "Invalid cluster name. Use up to 255 letters, digits, hyphens and underscores."
            )
        known = self.clusters.get(cluster_name)
        if known is not None and known.status == "ACTIVE":
            return self._with_counts(known)
        providers = [last_part(name) for name in capacity_providers or ()]
        default = read_strategy(default_capacity_provider_strategy or ())
        self.check_association(providers, default)
        check_configuration(configuration or {})
        given = merged((), cluster_settings or ())
        settings = given or [{"name": "containerInsights", "value": self.setting("containerInsights")}]
        cluster = super().create_cluster(  # type: ignore[misc]
            cluster_name, tags, settings, configuration, providers, list(default), service_connect_defaults
        )
        self.store.revision += 1
        self.note("cluster.created", cluster.arn, f"cluster {cluster_name} was created")
        return self._with_counts(cluster)

    def ensure_cluster(self, name: str, providers: Sequence[str]) -> None:
        """Make a cluster with these capacity providers, if there is none of that name."""
        known = self.clusters.get(name)
        if known is None or known.status != "ACTIVE":
            self.create_cluster(name, capacity_providers=list(providers))

    def list_cluster_arns(self, request: Request) -> tuple[list[str], str | None]:
        """ARNs of the ACTIVE clusters, page by page."""
        return page([c.arn for c in self.clusters.values() if c.status == "ACTIVE"], request, 100)

    def describe_clusters(self, cluster_names: Sequence[str] | None = None) -> tuple[list[Any], list[Failure]]:
        """Clusters with their counts; MISSING for those that are not there."""
        names = list(cluster_names or ["default"])
        at_most(names, 100, "clusters")
        found, failures = [], []
        for name in names:
            cluster = self.clusters.get(last_part(name))
            if cluster is None:
                failures.append(missing(self.place.cluster(last_part(name))))
            else:
                found.append(self._with_counts(cluster))
        return found, failures

    def delete_cluster(self, cluster_str: str) -> Any:
        """Make a cluster INACTIVE; refused while anything is left in it."""
        cluster = self.clusters.get(last_part(cluster_str))
        if cluster is None:
            raise ClusterNotFoundException()
        name = cluster.name
        if self.store.instances(name):
            raise ClusterContainsContainerInstancesException(
                "The Cluster cannot be deleted while Container Instances are active or draining."
            )
        if any(s.status is not ServiceStatus.INACTIVE for s in self.store.services(name)):
            raise ClusterContainsServicesException("The Cluster cannot be deleted while Services are active.")
        if any(t.last_status is not TaskStatus.STOPPED for t in self.store.tasks(name)):
            raise ClusterContainsTasksException("The Cluster cannot be deleted while Tasks are active.")
        cluster.status = "INACTIVE"
        self.store.revision += 1
        self.note("cluster.deleted", cluster.arn, f"cluster {name} was deleted (it is INACTIVE now)")
        return self._with_counts(cluster)

    def _with_counts(self, cluster: Any) -> Any:
        counts = self.store.counts(cluster.name)
        cluster.running_tasks_count = counts[TaskStatus.RUNNING]
        cluster.pending_tasks_count = sum(counts[status] for status in NOT_YET_RUNNING)
        cluster.active_services_count = sum(s.status is ServiceStatus.ACTIVE for s in self.store.services(cluster.name))
        cluster.registered_container_instances_count = len(self.store.rooms(cluster.name))
        return cluster
