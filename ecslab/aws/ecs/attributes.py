"""PutAttributes, DeleteAttributes, ListAttributes: names that the account gives its container instances.

Placement reads them (``scheduler.query``). Invariant: a call that names one target that is not there, or one attribute
that cannot be, changes nothing. Source: Amazon ECS API Reference, Attribute (characters, ten custom ones for each
instance). That attributes of ECS's own (``ecs.…``) cannot be changed is this lab's reading of "reserved".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws.ecs.base import Request, Verbs, at_most, page
from ecslab.errors import ApiError, InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.instance import ContainerInstance
from ecslab.model.status import ContainerInstanceStatus

Attribute = dict[str, str]
NAME = re.compile(r"[A-Za-z0-9_./\\-]{1,128}")
VALUE = re.compile(r"[A-Za-z0-9_.@/\\:-]([A-Za-z0-9_.@/\\: -]{0,126}[A-Za-z0-9_.@/\\:-])?")
MOST = 10
RESERVED = ("ecs.", "com.amazonaws.ecs.")
TARGET_TYPE = "container-instance"


class TargetNotFoundException(ApiError):
    """The container instance that an attribute is for is not in the cluster."""


class AttributeLimitExceededException(ApiError):
    """More custom attributes than an instance may have."""


class AttributeVerbs(Verbs):
    """The verbs about attributes."""

    def put_attributes(self, request: Request) -> list[Attribute]:
        """Create or change attributes; those that were given."""
        cluster = self.active_cluster(request.get("cluster"))
        at_most(request["attributes"], MOST, "attributes")
        changed: dict[str, ContainerInstance] = {}
        done: list[Attribute] = []
        for given in request["attributes"]:
            _check(given)
            instance = self._target(cluster, given, changed)
            kept = {**instance.attributes, given["name"]: given.get("value") or ""}
            if sum(not name.startswith(RESERVED) for name in kept) > MOST:
                raise AttributeLimitExceededException(
                    f"Container instance {instance.instance_id} can have {MOST} custom attributes. "
                    "Delete one with delete-attributes."
                )
            changed[instance.arn] = replace(instance, attributes=kept, version=instance.version + 1)
            done.append(_wire(instance.arn, given["name"], given.get("value") or ""))
        self._keep(changed)
        return done

    def delete_attributes(self, request: Request) -> list[Attribute]:
        """Take attributes away, with ``value`` only where it is the one that is there; those that were taken."""
        cluster = self.active_cluster(request.get("cluster"))
        at_most(request["attributes"], MOST, "attributes")
        changed: dict[str, ContainerInstance] = {}
        taken: list[Attribute] = []
        for given in request["attributes"]:
            instance = self._target(cluster, given, changed)
            name, value = given["name"], instance.attributes.get(given["name"])
            if name.startswith(RESERVED) or value is None or given.get("value") not in (None, value):
                continue
            left = {k: v for k, v in instance.attributes.items() if k != name}
            changed[instance.arn] = replace(instance, attributes=left, version=instance.version + 1)
            taken.append(_wire(instance.arn, name, value))
        self._keep(changed)
        return taken

    def list_attributes(self, request: Request) -> tuple[list[Attribute], str | None]:
        """The attributes of a cluster's instances, of one name and value where asked. InvalidParameterException."""
        cluster = self.active_cluster(request.get("cluster"))
        if request["targetType"] != TARGET_TYPE:
            raise InvalidParameterException(f"targetType must be {TARGET_TYPE}.")
        name, value = request.get("attributeName"), request.get("attributeValue")
        if value is not None and name is None:
            raise InvalidParameterException("attributeValue needs an attributeName. Give both, or attributeName alone.")
        found = [
            _wire(instance.arn, own, has)
            for instance in self.store.instances(cluster)
            for own, has in sorted(instance.attributes.items())
            if name in (None, own) and value in (None, has) and instance.status is not ContainerInstanceStatus.INACTIVE
        ]
        return page(found, request, 100)

    def _target(
        self, cluster: str, given: Mapping[str, Any], changed: Mapping[str, ContainerInstance]
    ) -> ContainerInstance:
        target = given.get("targetId") or ""
        if not target:
            raise InvalidParameterException("targetId is required: the id or ARN of a container instance.")
        if given.get("targetType") not in (None, TARGET_TYPE):
            raise InvalidParameterException(f"targetType must be {TARGET_TYPE}.")
        arn = self.place.container_instance(cluster, last_part(target))
        instance = changed.get(arn) or self.store.instance(arn)
        if instance is None or instance.status is ContainerInstanceStatus.INACTIVE:
            raise TargetNotFoundException(
                f"The container instance {target} is not in cluster {cluster}. "
                "`aws ecs list-container-instances` shows those that are."
            )
        return instance

    def _keep(self, changed: Mapping[str, ContainerInstance]) -> None:
        for instance in changed.values():
            self.store.put_instance(instance)
            custom = {k: v for k, v in instance.attributes.items() if not k.startswith(RESERVED)}
            shown = ", ".join(f"{k}={v}" if v else k for k, v in sorted(custom.items())) or "none"
            self.note("instance.attributes", instance.arn, f"custom attributes of {instance.ec2_instance_id}: {shown}")


def _check(given: Mapping[str, Any]) -> None:
    name, value = given["name"], given.get("value")
    if not NAME.fullmatch(name):
        raise InvalidParameterException(
            f"Attribute name '{name}' is not valid: 1 to 128 letters, numbers, hyphens, underscores, slashes or dots."
        )
    if name.startswith(RESERVED):
        raise InvalidParameterException(
            f"Attribute name '{name}' is reserved: names that begin with ecs. are ECS's own."
        )
    if value and not VALUE.fullmatch(value):
        raise InvalidParameterException(
            f"Attribute value '{value}' is not valid: 1 to 128 letters, numbers, . _ - @ / : or inner spaces."
        )


def _wire(arn: str, name: str, value: str) -> Attribute:
    found = {"name": name, "targetType": TARGET_TYPE, "targetId": arn}
    return {**found, "value": value} if value else found
