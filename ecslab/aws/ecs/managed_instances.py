"""Capacity providers of Amazon ECS Managed Instances: read, checked and written down, by the verbs of ``capacity``.

It launches nothing (``control.managed_instances`` does). Invariants: such a provider belongs to one cluster from the
moment it is made and can be used there only; it is gone (INACTIVE) when the last of its instances is. How long creating
one takes is not documented: here it is ACTIVE at once. Names are unique in an account, as those of other providers are.
Sources: Amazon ECS API Reference, CreateCapacityProvider, UpdateCapacityProvider, DeleteCapacityProvider,
InstanceLaunchTemplate, InfrastructureOptimization; Developer Guide, "Amazon ECS Managed Instances capacity providers".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws import managed_ec2
from ecslab.aws.ecs.base import Request, Verbs
from ecslab.aws.ecs.networking import check_vpc
from ecslab.errors import ClientException, InvalidParameterException, ResourceInUseException
from ecslab.model.arn import last_part
from ecslab.model.capacity import CapacityProvider
from ecslab.model.instance import ContainerInstance
from ecslab.model.managed_instances import MANAGED_INSTANCES, chosen
from ecslab.model.status import ServiceStatus

ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
PROFILE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:instance-profile/.+")
MOST_WAIT = 3600
RANGES = (
    "vCpuCount",
    "memoryMiB",
    "memoryGiBPerVCpu",
    "networkInterfaceCount",
    "baselineEbsBandwidthMbps",
    "totalLocalStorageGB",
)


class ManagedInstancesVerbs(Verbs):
    """What ``CapacityVerbs`` needs of Managed Instances."""

    capacity_providers: dict[str, Any]

    def managed_settings(self, request: Request) -> CapacityProvider:
        """A new provider as a request asks for it. InvalidParameterException, ClusterNotFoundException."""
        name, given = request["name"], request["managedInstancesProvider"]
        if request.get("autoScalingGroupProvider"):
            raise InvalidParameterException(
                "A capacity provider has either an autoScalingGroupProvider or a managedInstancesProvider. Give one."
            )
        if not request.get("cluster"):
            raise InvalidParameterException(
                "A cluster must be specified for a capacity provider of Managed Instances: it is available there only."
            )
        cluster = self.active_cluster(request["cluster"])
        template = {"capacityOptionType": "ON_DEMAND", **_filled(given["instanceLaunchTemplate"])}
        settings = {"propagateTags": "NONE", **_filled(given), "instanceLaunchTemplate": template}
        self._check_managed(settings)
        return CapacityProvider(
            capacity_provider_arn=f"arn:aws:ecs:{self.place.region}:{self.place.account}:capacity-provider/{name}",
            name=name,
            type=MANAGED_INSTANCES,
            cluster=cluster,
            managed_instances_provider=settings,
            update_status="CREATE_COMPLETE",
            tags=tuple(request.get("tags") or ()),
        )

    def managed_update(self, known: CapacityProvider, request: Request) -> CapacityProvider:
        """A provider with changed settings; they hold for instances launched from now on."""
        self.check_own_cluster(known, request)
        given = request.get("managedInstancesProvider")
        if not given or request.get("autoScalingGroupProvider"):
            raise InvalidParameterException(
                f"The capacity provider {known.name} is one of Managed Instances. Give managedInstancesProvider, and "
                "no autoScalingGroupProvider."
            )
        now = known.managed_instances_provider or {}
        template = {**known.template, **_filled(given["instanceLaunchTemplate"])}
        settings = {**now, **_filled(given), "instanceLaunchTemplate": template}
        self._check_managed(settings)
        return replace(known, managed_instances_provider=settings, update_status="UPDATE_COMPLETE")

    def check_own_cluster(self, known: CapacityProvider, request: Request) -> None:
        """InvalidParameterException where a request names another cluster than the provider's, or none."""
        if not known.managed:
            return
        if last_part(request.get("cluster") or "") != known.cluster:
            raise InvalidParameterException(
                f"The capacity provider {known.name} belongs to cluster {known.cluster}. Give it as cluster."
            )

    def check_scope(self, names: list[str], cluster: str) -> None:
        """InvalidParameterException for a provider of Managed Instances that belongs to another cluster."""
        for found in filter(None, map(self.capacity_providers.get, names)):
            if found.managed and found.cluster != cluster:
                raise InvalidParameterException(
                    f"The capacity provider {found.name} is available in cluster {found.cluster} only. Create one of "
                    f"Managed Instances for cluster {cluster}."
                )

    def _check_managed(self, settings: Mapping[str, Any]) -> None:
        template = settings["instanceLaunchTemplate"]
        if not ROLE.fullmatch(settings["infrastructureRoleArn"]):
            raise InvalidParameterException("infrastructureRoleArn must be the ARN of an IAM role.")
        if not PROFILE.fullmatch(template["ec2InstanceProfileArn"]):
            raise InvalidParameterException("ec2InstanceProfileArn must be the ARN of an IAM instance profile.")
        check_vpc(self.place, template["networkConfiguration"])
        wait = (settings.get("infrastructureOptimization") or {}).get("scaleInAfter")
        if wait is not None and not -1 <= wait <= MOST_WAIT:
            raise InvalidParameterException(
                f"scaleInAfter is -1 (never) or 0 to {MOST_WAIT} seconds; it is {wait}. Leave it out for the default."
            )
        requirements = template.get("instanceRequirements")
        if requirements is not None:
            _check_requirements(requirements)
        if not chosen(managed_ec2.catalogue(), requirements):
            raise InvalidParameterException(
                "No instance type meets the instanceRequirements. Widen vCpuCount and memoryMiB, or allow more types."
            )

    def begin_managed(self, provider: CapacityProvider) -> None:
        """Associate a new provider with its cluster."""
        cluster = self.clusters[provider.cluster or ""]
        cluster.capacity_providers = [*(cluster.capacity_providers or ()), provider.name]

    def end_managed(self, provider: CapacityProvider) -> CapacityProvider:
        """Take a provider out of its cluster; INACTIVE when its instances are gone. ResourceInUseException."""
        cluster = self.clusters.get(provider.cluster or "")
        if cluster is not None:
            self._check_unused(provider, cluster)
            cluster.capacity_providers = [n for n in cluster.capacity_providers or () if n != provider.name]
        if list(self.managed_instances(provider.name)):
            return replace(provider, status="DEPROVISIONING", update_status="DELETE_IN_PROGRESS")
        return replace(provider, status="INACTIVE", update_status="DELETE_COMPLETE")

    def _check_unused(self, provider: CapacityProvider, cluster: Any) -> None:
        named = [item["capacityProvider"] for item in cluster.default_capacity_provider_strategy or ()]
        services = [
            s.service_name
            for s in self.store.services(cluster.name)
            if s.status is ServiceStatus.ACTIVE
            and any(item["capacityProvider"] == provider.name for item in s.capacity_provider_strategy)
        ]
        tasks = [t for t in self.store.tasks(cluster.name) if t.capacity_provider_name == provider.name]
        alive = [t for t in tasks if t.last_status != "STOPPED" and t.daemon_name is None]
        users = [f"service {name}" for name in services] + [f"task {t.task_id[:8]}" for t in alive]
        users += [f"daemon {daemon.name}" for daemon, _ in self.daemons_of(provider.name)]
        users += [f"the default strategy of cluster {cluster.name}"] if provider.name in named else []
        if users:
            raise ResourceInUseException(
                f"The specified capacity provider is in use and cannot be removed: {users[0]} uses it. Give it another "
                "strategy, or delete it."
            )

    def managed_instances(self, name: str) -> Iterator[ContainerInstance]:
        """The container instances that ECS launched for a provider, and that are still there."""
        provider = self.capacity_providers.get(name)
        cluster = provider.cluster if provider is not None else None
        found = self.store.instances(cluster) if cluster else ()
        return (i for i in found if i.managed and i.capacity_provider_name == name)

    def managed_instance(self, instance: ContainerInstance) -> ContainerInstance | None:
        """An instance as its Managed Instances provider has it: with its name and tags; None where it has none."""
        name = managed_ec2.provider_of(self.place, instance.ec2_instance_id)
        provider = self.capacity_providers.get(name)
        if provider is None:
            return None
        inherited = (provider.managed_instances_provider or {}).get("propagateTags") == "CAPACITY_PROVIDER"
        tags = instance.tags if instance.managed or not inherited else provider.tags
        return replace(instance, capacity_provider_name=name, managed=True, tags=tags)

    def forget_cluster_providers(self, cluster: str) -> None:
        """A cluster is deleted, and with it the providers that could be used there only."""
        for name, found in list(self.capacity_providers.items()):
            if found.managed and found.cluster == cluster and found.status != "INACTIVE":
                self.capacity_providers[name] = replace(found, status="INACTIVE", update_status="DELETE_COMPLETE")


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def _check_requirements(requirements: Mapping[str, Any]) -> None:
    for name in RANGES:
        given = requirements.get(name) or {}
        least, most = given.get("min"), given.get("max")
        if (least or 0) < 0 or (most is not None and most < (least or 0)):
            raise InvalidParameterException(f"{name}: min must be 0 or more and not above max; they are {given}.")
    if requirements.get("allowedInstanceTypes") and requirements.get("excludedInstanceTypes"):
        raise InvalidParameterException("Give either allowedInstanceTypes or excludedInstanceTypes, not both.")
    if len(requirements.get("allowedInstanceTypes") or ()) > 400:
        raise ClientException("allowedInstanceTypes can have at most 400 elements.")
