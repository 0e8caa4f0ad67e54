"""Capacity providers and strategies: created, associated with clusters, asked for by tasks and services.

It writes wishes down; which provider a task goes to is ``scheduler.capacity``'s, waiting and draining are
``control.capacity``'s. Invariant: an instance belongs to the provider of its Auto Scaling group while that provider is
associated with the instance's cluster. What Managed Instances have is in ``managed_instances``. Managed *scaling* of
groups is recorded and not carried out yet (``lab.pretended()``): tasks that find no room wait as PROVISIONING until
somebody gives the group more instances.
Source: Amazon ECS API Reference; Developer Guide, "Amazon ECS capacity providers"; facts §8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws import groups
from ecslab.aws.ecs.base import Failure, Request, at_most, missing, page
from ecslab.aws.ecs.managed_instances import ManagedInstancesVerbs
from ecslab.errors import (
    ClientException,
    ClusterNotFoundException,
    InvalidParameterException,
    ResourceInUseException,
)
from ecslab.model.arn import last_part
from ecslab.model.capacity import FARGATE_SPOT, ON_FARGATE, CapacityProvider, Strategy, is_fargate
from ecslab.model.instance import ContainerInstance
from ecslab.model.status import LaunchType, ServiceStatus, TaskStatus

MOST = 20
MOST_WEIGHT, MOST_BASE = 1000, 100_000
NAME = re.compile(r"(?!aws|ecs|fargate)[A-Za-z0-9_-]{1,255}", re.IGNORECASE)
SCALING = {
    "status": "DISABLED",
    "targetCapacity": 100,
    "minimumScalingStepSize": 1,
    "maximumScalingStepSize": 10_000,
    "instanceWarmupPeriod": 300,
}
"""``managedScaling`` where nothing is said."""
NOT_FOUND = "The specified capacity provider '{}' was not found. Specify a valid name or ARN and try again."
KINDS = ("Fargate", "Auto Scaling group", "Managed Instances")
"""What a strategy cannot mix."""
NO_SPOT = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


class CapacityVerbs(ManagedInstancesVerbs):
    """The verbs about capacity providers, and how a request's strategy is read."""

    capacity_providers: dict[str, Any]
    spot_available: bool
    """Whether Fargate Spot has room now; a learner takes it away."""

    def create_provider(self, request: Request) -> CapacityProvider:
        """A capacity provider of an Auto Scaling group. InvalidParameterException, ClientException."""
        name = request["name"]
        if not NAME.fullmatch(name):
            raise InvalidParameterException(
                "The specified capacity provider name is invalid. Use up to 255 letters, digits, hyphens and "
                'underscores; it cannot begin with "aws", "ecs" or "fargate".'
            )
        known = self.capacity_providers.get(name)
        if known is not None and known.status != "INACTIVE":
            raise InvalidParameterException(
                f"The specified capacity provider {name} already exists. To change its configuration, update it."
            )
        if sum(p.status == "ACTIVE" for p in self.capacity_providers.values()) >= MOST:
            raise ClientException(
                f"The account has {MOST} capacity providers, the most there can be. Delete one first."
            )
        managed = bool(request.get("managedInstancesProvider"))
        made = self.managed_settings(request) if managed else self._of_group(request)
        self.note("capacity.created", made.capacity_provider_arn, f"capacity provider {name} was created")
        if managed:
            self.begin_managed(made)
        return self.keep_provider(made)

    def _of_group(self, request: Request) -> CapacityProvider:
        name = request["name"]
        if request.get("cluster"):
            raise InvalidParameterException(
                "cluster is for capacity providers of Managed Instances only. Leave it out, and associate the capacity "
                "provider with clusters (PutClusterCapacityProviders)."
            )
        settings = self._settings(request.get("autoScalingGroupProvider") or {}, {"managedDraining": "ENABLED"})
        return CapacityProvider(
            capacity_provider_arn=self._provider_arn(name),
            name=name,
            auto_scaling_group_provider=settings,
            tags=tuple(request.get("tags") or ()),
        )

    def _provider_arn(self, name: str) -> str:
        return f"arn:aws:ecs:{self.place.region}:{self.place.account}:capacity-provider/{name}"

    def _settings(self, given: Mapping[str, Any], now: Mapping[str, Any]) -> Mapping[str, Any]:
        """autoScalingGroupProvider with its defaults, over what it was."""
        merged = {**now, **{k: v for k, v in given.items() if v is not None}}
        group = groups.group(self.place, str(merged.get("autoScalingGroupArn") or ""))
        if group is None:
            raise ClientException(
                f"The Auto Scaling group {merged.get('autoScalingGroupArn')} was not found. Create it first, with a "
                "launch template whose user data sets ECS_CLUSTER."
            )
        scaling = {**SCALING, **(now.get("managedScaling") or {}), **(given.get("managedScaling") or {})}
        merged |= {"autoScalingGroupArn": group.arn, "managedScaling": scaling}
        merged.setdefault("managedTerminationProtection", "DISABLED")
        _check_settings(merged, protected=bool(group.new_instances_protected_from_scale_in))
        return merged

    def keep_provider(self, provider: CapacityProvider) -> CapacityProvider:
        """Record a provider as it now is."""
        self.capacity_providers[provider.name] = provider
        self.store.revision += 1
        return provider

    def provider(self, name_or_arn: str) -> CapacityProvider | None:
        """The ACTIVE provider of that name or ARN, Fargate's two included."""
        name = last_part(name_or_arn)
        if name in ON_FARGATE:
            return CapacityProvider(capacity_provider_arn=self._provider_arn(name), name=name, type=name)
        found: CapacityProvider | None = self.capacity_providers.get(name)
        return found if found is not None and found.status == "ACTIVE" else None

    def _own(self, name_or_arn: str, what: str) -> CapacityProvider:
        found = self.provider(name_or_arn)
        if found is None:
            raise InvalidParameterException(NOT_FOUND.format(last_part(name_or_arn)))
        if found.name in ON_FARGATE:
            raise InvalidParameterException(f"The capacity provider {found.name} is AWS's own and cannot be {what}.")
        return found

    def describe_providers(self, request: Request) -> tuple[list[CapacityProvider], list[Failure], str | None]:
        """Providers by name or ARN, or all of them; MISSING for those that are not there."""
        names = request.get("capacityProviders") or []
        at_most(names, 100, "capacityProviders")
        found: list[CapacityProvider] = []
        failures: list[Failure] = []
        inside = self.active_cluster(request["cluster"]) if request.get("cluster") else None
        every = [*ON_FARGATE, *self.capacity_providers] if inside is None else _names(self.clusters[inside])
        for name in names or every:
            provider = self.provider(name) or self.capacity_providers.get(last_part(name))
            if provider is None or (inside is not None and names and provider.name not in every):
                failures.append(missing(self._provider_arn(last_part(name))))
            elif names or provider.status == "ACTIVE":
                found.append(provider if "TAGS" in (request.get("include") or ()) else replace(provider, tags=()))
        shown, token = page(found, {**request, "maxResults": request.get("maxResults") or 100}, 100)
        return shown, failures, token

    def update_provider(self, request: Request) -> CapacityProvider:
        """Change managed scaling, termination protection and draining of a provider."""
        known = self._own(request["name"], "changed")
        changed = self.managed_update(known, request) if known.managed else self._update_of_group(known, request)
        self.note("capacity.updated", changed.capacity_provider_arn, f"capacity provider {changed.name} was updated")
        return self.keep_provider(changed)

    def _update_of_group(self, known: CapacityProvider, request: Request) -> CapacityProvider:
        if request.get("managedInstancesProvider") or request.get("cluster"):
            raise InvalidParameterException(
                f"The capacity provider {known.name} has an Auto Scaling group. Give autoScalingGroupProvider only."
            )
        settings = self._settings(
            request.get("autoScalingGroupProvider") or {}, known.auto_scaling_group_provider or {}
        )
        return replace(known, auto_scaling_group_provider=settings, update_status="UPDATE_COMPLETE")

    def delete_provider(self, request: Request) -> CapacityProvider:
        """Make a provider INACTIVE. ResourceInUseException while a cluster or a service names it."""
        known = self._own(request["capacityProvider"], "deleted")
        if known.managed:
            self.check_own_cluster(known, request)
            ended = self.end_managed(known)
            self.note("capacity.deleted", known.capacity_provider_arn, f"capacity provider {known.name} was deleted")
            return self.keep_provider(ended)
        using = [c.name for c in self.clusters.values() if c.status == "ACTIVE" and known.name in _names(c)]
        if using:
            raise ResourceInUseException(
                "The specified capacity provider is in use and cannot be removed. Take it out of cluster "
                f"{using[0]} first (PutClusterCapacityProviders)."
            )
        self.note("capacity.deleted", known.capacity_provider_arn, f"capacity provider {known.name} was deleted")
        return self.keep_provider(replace(known, status="INACTIVE", update_status="DELETE_COMPLETE"))

    # clusters

    def associate(self, request: Request) -> Any:
        """PutClusterCapacityProviders: which providers a cluster has, and its default strategy."""
        cluster = self.clusters.get(last_part(request["cluster"]))
        if cluster is None or cluster.status != "ACTIVE":
            raise ClusterNotFoundException()
        wanted = [last_part(name) for name in request["capacityProviders"]]
        strategy = read_strategy(request["defaultCapacityProviderStrategy"])
        self.check_association(wanted, strategy)
        self.check_scope(wanted, cluster.name)
        for name in _names(cluster):
            if name not in wanted and self._used(cluster.name, name):
                raise ResourceInUseException(
                    f"The specified capacity provider is in use and cannot be removed: {name} has tasks or services in "
                    f"cluster {cluster.name}. Stop them, or give them another strategy."
                )
        cluster.capacity_providers, cluster.default_capacity_provider_strategy = wanted, list(strategy)
        for instance in self.store.instances(cluster.name):
            self.store.put_instance(self.provided(instance))
        text = f"cluster {cluster.name} has the capacity providers {', '.join(wanted) or 'none'}"
        self.note("cluster.capacity", cluster.arn, text)
        self.store.revision += 1
        return cluster

    def check_association(self, names: list[str], strategy: Strategy) -> None:
        """InvalidParameterException where a provider is not there, or the strategy names one that is not among them."""
        at_most(names, MOST, "capacityProviders")
        for name in names:
            if self.provider(name) is None:
                raise InvalidParameterException(NOT_FOUND.format(name))
        self._check_strategy(strategy, names)

    def _check_strategy(self, strategy: Strategy, associated: Iterable[str]) -> None:
        at_most(strategy, MOST, "capacityProviderStrategy")
        names = [item["capacityProvider"] for item in strategy]
        for item in strategy:
            if item["capacityProvider"] not in associated:
                raise InvalidParameterException(
                    "The specified capacity provider strategy cannot contain a capacity provider that is not "
                    f"associated with the cluster. Associate the capacity provider {item['capacityProvider']} with "
                    "the cluster (PutClusterCapacityProviders) and try again."
                )
            if not 0 <= item["weight"] <= MOST_WEIGHT or not 0 <= item["base"] <= MOST_BASE:
                raise InvalidParameterException(
                    f"Of capacity provider {item['capacityProvider']} the weight is 0 to {MOST_WEIGHT} and the base "
                    f"0 to {MOST_BASE}; they are {item['weight']} and {item['base']}."
                )
        if len(set(names)) < len(names):
            raise InvalidParameterException("A capacity provider strategy cannot name a capacity provider twice.")
        kinds = sorted({p.kind for p in map(self.provider, names) if p is not None}, key=KINDS.index)
        if len(kinds) > 1:
            raise InvalidParameterException(
                f"The specified capacity provider strategy is invalid: it cannot contain both {' and '.join(kinds)} "
                "capacity providers. Use one kind."
            )
        if sum(item["base"] > 0 for item in strategy) > 1:
            raise InvalidParameterException(
                "The specified capacity provider strategy is invalid: only one capacity provider can have a base."
            )
        if strategy and not any(item["weight"] > 0 for item in strategy):
            raise InvalidParameterException(
                "The specified capacity provider strategy is invalid: at least one weight must be greater than 0."
            )

    def _used(self, cluster: str, name: str) -> bool:
        services = (s for s in self.store.services(cluster) if s.status is ServiceStatus.ACTIVE)
        if any(name == item["capacityProvider"] for s in services for item in s.capacity_provider_strategy):
            return True
        tasks = self.store.tasks(cluster)
        return any(t.capacity_provider_name == name and t.last_status is not TaskStatus.STOPPED for t in tasks)

    def provided(self, instance: ContainerInstance) -> ContainerInstance:
        """The instance with the provider it belongs to now."""
        managed = self.managed_instance(instance)
        if managed is not None:
            return managed
        group = groups.group_of(self.place, instance.ec2_instance_id)
        own = self.clusters.get(instance.cluster_name)
        names = _names(own) if own is not None and group is not None else []
        found = next((n for n in names if (p := self.provider(n)) is not None and p.group == group.arn), None)
        return instance if instance.capacity_provider_name == found else replace(instance, capacity_provider_name=found)

    # what a run or a service asks for

    def launch_of(self, request: Request, cluster: str) -> tuple[LaunchType, Strategy]:
        """The launch type, and the strategy where there is one: the request's, or else the cluster's default."""
        asked, launch = request.get("capacityProviderStrategy"), request.get("launchType")
        if asked and launch:
            raise InvalidParameterException(
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try "
                "again."
            )
        own = self.clusters[cluster]
        given = asked or (None if launch else own.default_capacity_provider_strategy)
        if not given or (request.get("schedulingStrategy") == "DAEMON" and not asked):
            return LaunchType(launch or "EC2"), ()
        if request.get("schedulingStrategy") == "DAEMON":
            raise InvalidParameterException(
                "The DAEMON scheduling strategy does not support a capacity provider strategy. Use launchType EC2; on "
                "Managed Instances, CreateDaemon runs one task on every instance."
            )
        strategy = read_strategy(given)
        self._check_strategy(strategy, _names(own))
        return self.launch_on(strategy), strategy

    def launch_on(self, strategy: Strategy) -> LaunchType:
        """The launch type of the tasks of a strategy's providers, which are all of one kind."""
        if is_fargate(strategy):
            return LaunchType.FARGATE
        managed = any(self._is_managed(item["capacityProvider"]) for item in strategy)
        return LaunchType.MANAGED_INSTANCES if managed else LaunchType.EC2

    def _is_managed(self, name: str) -> bool:
        known = self.capacity_providers.get(name)
        return known is not None and known.managed

    def unavailable(self) -> frozenset[str]:
        """Providers that have no room whatever is asked for."""
        return frozenset() if self.spot_available else frozenset((FARGATE_SPOT,))

    def managed(self) -> frozenset[str]:
        """Providers with managed scaling, or of Managed Instances: their tasks wait for capacity."""
        return frozenset(
            p.name
            for p in self.capacity_providers.values()
            if p.status == "ACTIVE" and (p.managed or p.enabled("managedScaling"))
        )


def read_strategy(items: Iterable[Mapping[str, Any]]) -> Strategy:
    """A strategy with names for ARNs and numbers for what was left out; one provider alone has weight 1."""
    given = list(items)
    alone = len(given) == 1 and not given[0].get("weight") and not given[0].get("base")
    return tuple(
        {
            "capacityProvider": last_part(item["capacityProvider"]),
            "weight": 1 if alone else item.get("weight") or 0,
            "base": item.get("base") or 0,
        }
        for item in given
    )


def _names(cluster: Any) -> list[str]:
    return list(cluster.capacity_providers or ())


def _check_settings(settings: Mapping[str, Any], *, protected: bool) -> None:
    scaling = settings["managedScaling"]
    if not 1 <= scaling["targetCapacity"] <= 100:
        raise InvalidParameterException(f"targetCapacity is 1 to 100 percent; it is {scaling['targetCapacity']}.")
    least, most = scaling["minimumScalingStepSize"], scaling["maximumScalingStepSize"]
    if not 1 <= least <= most <= SCALING["maximumScalingStepSize"]:
        raise InvalidParameterException(
            f"minimumScalingStepSize and maximumScalingStepSize are 1 to 10000, and the minimum is not above the "
            f"maximum; they are {least} and {most}."
        )
    if settings["managedTerminationProtection"] != "ENABLED":
        return
    if scaling["status"] != "ENABLED":
        raise InvalidParameterException(
            "The managed termination protection setting for the capacity provider is invalid: it needs managed "
            "scaling. Set managedScaling status to ENABLED."
        )
    if not protected:
        raise InvalidParameterException(
            "The managed termination protection setting for the capacity provider is invalid. To enable it, the Auto "
            "Scaling group must have instance protection from scale in enabled (NewInstancesProtectedFromScaleIn)."
        )
