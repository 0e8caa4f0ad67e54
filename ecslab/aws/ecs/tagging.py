"""Tags of ECS resources: TagResource, UntagResource, ListTagsForResource, over moto's records and ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecslab.aws.ecs.base import Verbs
from ecslab.errors import ClientException, InvalidParameterException
from ecslab.model.capacity import CapacityProvider
from ecslab.model.gateways import Gateway
from ecslab.model.instance import ContainerInstance
from ecslab.model.service import Service
from ecslab.model.task import Task
from ecslab.model.task_sets import TaskSet

MOST_TAGS = 50
Tags = list[dict[str, str]]


class TagVerbs(Verbs):
    """Tags live on the resource itself; our frozen nouns are replaced, moto's are changed."""

    capacity_providers: dict[str, Any]
    gateways: dict[str, Gateway]

    def list_tags_for_resource(self, resource_arn: str) -> Tags:
        """The tags of a resource, in order."""
        return [dict(t) for t in self._tagged(resource_arn).tags or ()]

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Add or replace tags; at most 50 in all."""
        given = {key: value or "" for key, value in tags.items()}
        merged = {t["key"]: t.get("value") or "" for t in self.list_tags_for_resource(arn)} | given
        if len(merged) > MOST_TAGS:
            raise InvalidParameterException(
                f"A resource can have at most {MOST_TAGS} tags; this one would have {len(merged)}."
            )
        self._set_tags(self._tagged(arn), [{"key": k, "value": v} for k, v in merged.items()])

    def untag_resource(self, resource_arn: str, tag_keys: list[str]) -> None:
        """Remove tags by key; keys that are not there are ignored."""
        kept = [t for t in self.list_tags_for_resource(resource_arn) if t["key"] not in tag_keys]
        self._set_tags(self._tagged(resource_arn), kept)

    def _set_tags(self, resource: Any, tags: Tags) -> None:
        if isinstance(resource, Task):
            self.store.put_task(replace(resource, tags=tuple(tags)))
        elif isinstance(resource, Service):
            self.store.put_service(replace(resource, tags=tuple(tags)))
        elif isinstance(resource, TaskSet):
            self.tag_task_set(resource, tuple(tags))
        elif isinstance(resource, ContainerInstance):
            self.store.put_instance(replace(resource, tags=tuple(tags)))
        elif isinstance(resource, CapacityProvider):
            self.capacity_providers[resource.name] = replace(resource, tags=tuple(tags))
        elif isinstance(resource, Gateway):
            self.gateways[resource.name] = replace(resource, tags=tuple(tags))
        else:
            resource.tags = tags

    def _tagged(self, arn: str) -> Any:
        """The resource of a full ARN. ClientException, InvalidParameterException."""
        if not arn.startswith(f"arn:aws:ecs:{self.place.region}:{self.place.account}:"):
            raise InvalidParameterException("The ARN is not that of an ECS resource in this account and region.")
        kind, _, rest = arn.split(":", 5)[5].partition("/")
        cluster, _, name = rest.partition("/")
        finders: dict[str, Callable[[], Any]] = {
            "task": lambda: self.store.task(arn),
            "service": lambda: self.store.service(cluster, name),
            "task-set": lambda: self.find_task_set(arn),
            "container-instance": lambda: self.store.instance(arn),
            "cluster": lambda: self.clusters.get(rest),
            "task-definition": lambda: self._definition_record(rest),
            "capacity-provider": lambda: self.capacity_providers.get(rest),
            "gateway": lambda: self.gateways.get(rest),
        }
        found = finders[kind]() if kind in finders else None
        if found is None:
            raise ClientException("The specified resource cannot be found. Check the ARN; it must be a full ARN.")
        return found

    def _definition_record(self, name: str) -> Any:
        family, _, revision = name.rpartition(":")
        return self.task_definitions.get(family, {}).get(int(revision)) if revision.isdecimal() else None

    def iter_tagged_resources(self) -> Iterator[Any]:
        """For the Resource Groups Tagging API: moto's records and ours."""
        from moto.core.resource_tagging import TaggedResource

        yield from super().iter_tagged_resources()  # type: ignore[misc]
        for task in self.store.all_tasks():
            yield TaggedResource(arn=task.task_arn, tags=_flat(task.tags), resource_type="ecs:task")
        for service in self.store.services():
            yield TaggedResource(arn=service.service_arn, tags=_flat(service.tags), resource_type="ecs:service")
        for gateway in self.gateways.values():
            yield TaggedResource(arn=gateway.gateway_arn, tags=_flat(gateway.tags), resource_type="ecs:gateway")


def check_tags(tags: Sequence[Mapping[str, str]]) -> None:
    """InvalidParameterException for tags that no resource can have. Source: Amazon ECS API Reference, Tag."""
    if len(tags) > MOST_TAGS:
        raise InvalidParameterException(f"A resource can have at most {MOST_TAGS} tags; {len(tags)} were given.")
    for tag in tags:
        key, value = tag.get("key") or "", tag.get("value") or ""
        if not 1 <= len(key) <= 128:
            raise InvalidParameterException("A tag needs a key of 1 to 128 characters.")
        if len(value) > 256:
            raise InvalidParameterException(f"The value of tag '{key}' has more than 256 characters.")
        if key.lower().startswith("aws:"):
            raise InvalidParameterException(f"Tag '{key}': keys that begin with aws: are AWS's own. Choose another.")


def _flat(tags: Any) -> dict[str, str]:
    return {t["key"]: t["value"] for t in tags}
