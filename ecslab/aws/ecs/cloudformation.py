"""ECS resources of CloudFormation templates: clusters, task definitions, services, capacity providers.

moto's CloudFormation finds its resources among the subclasses of ``CloudFormationModel``, the latest definition of a
type first of all; ours are defined after moto's own, which know a fifth of the properties. A template's properties
are the API's own parameters spelled with a capital, so they are translated by botocore's model and handed to the same
verbs as a request. What CloudFormation waits for on AWS (a steady service, an empty cluster) happens here after the
stack says COMPLETE; a cluster is deleted when the last thing has left it.
Source: CloudFormation Template Reference, AWS::ECS::*.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from ecslab.aws import stacks
from ecslab.aws.ecs.shapes import model
from ecslab.errors import ApiError

Properties = Mapping[str, Any]
TRIES, PAUSE = 600, 1.0
"""How often, and after how many lab seconds each, it is tried to delete a cluster that is being emptied."""
OTHER_NAMES = {"placementstrategies": "placementstrategy"}
"""Properties that the API spells in another way, in lower case."""


class Face:
    """A resource as moto's CloudFormation sees it; its ``kind`` does the work."""

    kind: type[Kind]

    def __init__(self, made: Kind) -> None:
        self.made = made

    @property
    def physical_resource_id(self) -> str:
        return self.made.id

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.kind.type

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.kind.name_property

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.kind.attributes

    def get_cfn_attribute(self, attribute_name: str) -> str:
        from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

        if attribute_name not in self.made.attributes:
            raise UnformattedGetAttTemplateException()
        return str(getattr(self.made, self.made.attributes[attribute_name]))

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
    ) -> Face:
        stacks.follow_references()
        return cls(_refused(cls.kind.create, _backend(account_id, region_name), resource_name, cloudformation_json))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Face:
        backend, before = _backend(account_id, region_name), original_resource.made
        original_resource.made = _refused(before.update, backend, new_resource_name, cloudformation_json)
        found: Face = original_resource  # moto has written the logical name and the type on it
        return found

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        _refused(cls.kind.delete, _backend(account_id, region_name), resource_name, cloudformation_json)

    def is_created(self) -> bool:
        return True


RESOURCES: list[type] = []
"""The classes that moto has been given: made once, and kept alive."""


def install() -> None:
    """Give moto's CloudFormation our resources, without importing it: it imports every service there is."""
    import moto.ecs.models  # noqa: F401  moto's own resources are there first, so that ours come after them
    from moto.core.common_models import CloudFormationModel

    if not RESOURCES:
        kinds = (Cluster, TaskDefinition, Service, CapacityProvider, Associations)
        RESOURCES.extend(type(f"Ecs{kind.__name__}", (Face, CloudFormationModel), {"kind": kind}) for kind in kinds)
        parsing = sys.modules.get("moto.cloudformation.parsing")
        if parsing is not None:
            parsing.get_model_map.cache_clear()
            parsing.get_name_type_map.cache_clear()


def _backend(account: str, region: str) -> Any:
    from moto.ecs.models import ecs_backends

    return ecs_backends[account][region]


def _refused(verb: Any, backend: Any, name: str, resource: Mapping[str, Any]) -> Any:
    """Carry out a verb under the lab's lock; what ECS refuses, the stack refuses with the same words."""
    from moto.cloudformation.exceptions import ValidationError

    with backend.context.timeline.lock:
        try:
            return verb(backend, name, resource.get("Properties") or {})
        except ApiError as refused:
            raise ValidationError(message=f"{resource.get('Type')}: {refused.message} ({refused.code})") from None


class Kind:
    """One type of resource. ``id`` is what Ref gives."""

    type = ""
    name_property = ""
    attributes: Mapping[str, str] = {"Arn": "arn"}

    def __init__(self, id: str, arn: str, name: str = "") -> None:
        self.id, self.arn, self.name = id, arn, name or id

    @classmethod
    def create(cls, backend: Any, name: str, given: Properties) -> Kind:
        """Make it. ApiError."""
        raise NotImplementedError

    def update(self, backend: Any, name: str, given: Properties) -> Kind:
        """Change it, or make its successor; what it then is. ApiError."""
        raise NotImplementedError

    @classmethod
    def delete(cls, backend: Any, id: str, given: Properties) -> None:
        """Delete it; nothing happens where it is gone. ApiError."""


class Cluster(Kind):
    """AWS::ECS::Cluster."""

    type = "AWS::ECS::Cluster"
    name_property = "ClusterName"

    @classmethod
    def create(cls, backend: Any, name: str, given: Properties) -> Kind:
        asked = request("CreateCluster", given)
        made = backend.create_cluster(
            name,
            asked.get("tags"),
            asked.get("settings"),
            asked.get("configuration"),
            asked.get("capacityProviders"),
            asked.get("defaultCapacityProviderStrategy"),
            asked.get("serviceConnectDefaults"),
        )
        return cls(made.name, made.arn)

    def update(self, backend: Any, name: str, given: Properties) -> Kind:
        if name != self.id and "ClusterName" in given:
            return self.create(backend, name, given)
        asked = request("CreateCluster", given)
        if "capacityProviders" in asked or "defaultCapacityProviderStrategy" in asked:
            backend.associate(
                {
                    "cluster": self.id,
                    "capacityProviders": asked.get("capacityProviders") or [],
                    "defaultCapacityProviderStrategy": asked.get("defaultCapacityProviderStrategy") or [],
                }
            )
        return self

    @classmethod
    def delete(cls, backend: Any, id: str, given: Properties) -> None:
        _delete_when_empty(backend, id, TRIES)


def _delete_when_empty(backend: Any, name: str, tries: int) -> None:
    """Delete a cluster; where something is still leaving it, later."""
    try:
        backend.delete_cluster(name)
    except ApiError as refused:
        if tries <= 0 or not refused.code.startswith("ClusterContains"):
            raise
        backend.context.timeline.call_later(PAUSE, lambda: _delete_when_empty(backend, name, tries - 1))


class TaskDefinition(Kind):
    """AWS::ECS::TaskDefinition: a change is a new revision, and the old one is deregistered."""

    type = "AWS::ECS::TaskDefinition"
    attributes: Mapping[str, str] = {"TaskDefinitionArn": "arn"}

    @classmethod
    def create(cls, backend: Any, name: str, given: Properties) -> Kind:
        asked = {"family": name, **request("RegisterTaskDefinition", given)}
        record = backend.register(asked)
        return cls(record.arn, record.arn)

    def update(self, backend: Any, name: str, given: Properties) -> Kind:
        successor = self.create(backend, self.arn.rsplit("/", 1)[-1].rpartition(":")[0], given)
        self.delete(backend, self.id, given)
        return successor

    @classmethod
    def delete(cls, backend: Any, id: str, given: Properties) -> None:
        backend.deregister_task_definition(id)


class Service(Kind):
    """AWS::ECS::Service."""

    type = "AWS::ECS::Service"
    name_property = "ServiceName"
    attributes: Mapping[str, str] = {"Name": "name", "ServiceArn": "arn"}

    @classmethod
    def create(cls, backend: Any, name: str, given: Properties) -> Kind:
        asked = {"serviceName": name, **request("CreateService", given)}
        if asked.get("schedulingStrategy") != "DAEMON":
            asked.setdefault("desiredCount", 1)
        made = backend.create_service(asked)
        return cls(made.service_arn, made.service_arn, made.service_name)

    def update(self, backend: Any, name: str, given: Properties) -> Kind:
        known = model().operation_model("UpdateService").input_shape.members
        asked = {key: value for key, value in request("CreateService", given).items() if key in known}
        backend.update_service({**asked, "service": self.name, "cluster": self.arn.split("/")[-2]})
        return self

    @classmethod
    def delete(cls, backend: Any, id: str, given: Properties) -> None:
        cluster, name = id.split("/")[-2:]
        found = backend.store.service(cluster, name)
        if found is not None and found.status == "ACTIVE":
            backend.delete_service({"cluster": cluster, "service": name, "force": True})


class CapacityProvider(Kind):
    """AWS::ECS::CapacityProvider."""

    type = "AWS::ECS::CapacityProvider"
    name_property = "Name"
    attributes: Mapping[str, str] = {}

    @classmethod
    def create(cls, backend: Any, name: str, given: Properties) -> Kind:
        made = backend.create_provider({**cls._asked(given), "name": name})
        return cls(made.name, made.capacity_provider_arn)

    def update(self, backend: Any, name: str, given: Properties) -> Kind:
        backend.update_provider({**self._asked(given), "name": self.id})
        return self

    @staticmethod
    def _asked(given: Properties) -> dict[str, Any]:
        """The request of a template's properties; the cluster of Managed Instances has another name there."""
        cluster = {"cluster": given["ClusterName"]} if given.get("ClusterName") else {}
        return {**request("CreateCapacityProvider", given), **cluster}

    @classmethod
    def delete(cls, backend: Any, id: str, given: Properties) -> None:
        known = backend.provider(id)
        if known is not None:
            backend.delete_provider({"capacityProvider": id, "cluster": known.cluster})


class Associations(Kind):
    """AWS::ECS::ClusterCapacityProviderAssociations."""

    type = "AWS::ECS::ClusterCapacityProviderAssociations"
    attributes: Mapping[str, str] = {}

    @classmethod
    def create(cls, backend: Any, name: str, given: Properties) -> Kind:
        asked = request("PutClusterCapacityProviders", given)
        asked.setdefault("defaultCapacityProviderStrategy", [])
        found = backend.associate(asked)
        return cls(found.name, found.arn)

    def update(self, backend: Any, name: str, given: Properties) -> Kind:
        return self.create(backend, name, given)

    @classmethod
    def delete(cls, backend: Any, id: str, given: Properties) -> None:
        cluster = backend.clusters.get(id)
        if cluster is not None and cluster.status == "ACTIVE":
            empty: dict[str, Any] = {"capacityProviders": [], "defaultCapacityProviderStrategy": []}
            backend.associate({"cluster": id, **empty})


def request(operation: str, given: Properties) -> dict[str, Any]:
    """A template's properties as the parameters of an operation; what botocore's model does not know is left out."""
    found: dict[str, Any] = _translated(model().operation_model(operation).input_shape, given)
    return found


def _translated(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    if shape.type_name == "structure":
        known = {name.lower(): name for name in shape.members}
        named = ((OTHER_NAMES.get(key.lower(), key.lower()), part) for key, part in value.items())
        return {
            known[key]: _translated(shape.members[known[key]], part)
            for key, part in named
            if key in known and part is not None
        }
    if shape.type_name == "list":
        return [_translated(shape.member, part) for part in value]
    if shape.type_name == "map":
        return {key: _translated(shape.value, part) for key, part in value.items()}
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name == "boolean":
        return str(value).lower() == "true"
    return float(value) if shape.type_name in ("double", "float") else str(value)
