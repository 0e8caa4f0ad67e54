"""Tags of ECS resources: TagResource, UntagResource, ListTagsForResource, over moto's records and ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ecslab.aws.ecs.base import Verbs
from ecslab.errors import ClientException, InvalidParameterException
from ecslab.model.instance import ContainerInstance
from ecslab.model.service import Service
from ecslab.model.task import Task

MOST_TAGS = 50
Tags = list[dict[str, str]]


class TagVerbs(Verbs):
    """Tags live on the resource itself; our frozen nouns are replaced, moto's are changed."""

    def list_tags_for_resource(self, resource_arn: str) -> Tags:
        """The tags of a resource, in order."""
        return [dict(t) for t in self._tagged(resource_arn).tags or ()]

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Add or replace tags; at most 50 in all."""
        merged = {t["key"]: t["value"] for t in self.list_tags_for_resource(arn)} | tags
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
        elif isinstance(resource, ContainerInstance):
            self.store.put_instance(replace(resource, tags=tuple(tags)))
        else:
            resource.tags = tags

    def _tagged(self, arn: str) -> Any:
        kind, _, rest = (
            arn.rsplit(":", 1)[-1].partition("/") if ":task-definition/" not in arn else ("definition", "", "")
        )
        cluster, _, name = rest.partition("/")
        found: Any = None
        if kind == "task":
            found = self.store.task(arn)
        elif kind == "service":
            found = self.store.service(cluster, name)
        elif kind == "container-instance":
            found = self.store.instance(arn)
        elif arn.startswith("arn:"):
            found = self._get_resource(arn, self._parse_resource_arn(arn))  # type: ignore[attr-defined]
        if found is None:
            raise ClientException("The specified resource cannot be found. Check the ARN; it must be a full ARN.")
        return found

    def iter_tagged_resources(self) -> Iterator[Any]:
        """For the Resource Groups Tagging API: moto's records and ours."""
        from moto.core.resource_tagging import TaggedResource

        yield from super().iter_tagged_resources()  # type: ignore[misc]
        for task in self.store.all_tasks():
            yield TaggedResource(arn=task.task_arn, tags=_flat(task.tags), resource_type="ecs:task")
        for service in self.store.services():
            yield TaggedResource(arn=service.service_arn, tags=_flat(service.tags), resource_type="ecs:service")


def _flat(tags: Any) -> dict[str, str]:
    return {t["key"]: t["value"] for t in tags}
