"""Condition keys that come from the request itself: its tags, its prefix, its cluster, the role's external id.

Pure. It knows the keys that the course and everyday policies use; a key it does not know is absent, as AWS's are
absent where a call does not carry them. ``aws:ResourceTag`` is not known yet.

Source: Service Authorization Reference, "Condition keys for" each service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.aws.iam.keys import Keys
from ecslab.aws.iam.wire import Call
from ecslab.model.arn import Place, last_part

_KEYS: Mapping[str, Mapping[str, str]] = {
    "s3": {
        "Prefix": "s3:prefix",
        "Delimiter": "s3:delimiter",
        "MaxKeys": "s3:max-keys",
        "VersionId": "s3:VersionId",
        "ACL": "s3:x-amz-acl",
    },
    "sts": {
        "ExternalId": "sts:ExternalId",
        "RoleSessionName": "sts:RoleSessionName",
        "SourceIdentity": "sts:SourceIdentity",
    },
    "secretsmanager": {
        "SecretId": "secretsmanager:SecretId",
        "Name": "secretsmanager:Name",
        "VersionStage": "secretsmanager:VersionStage",
    },
    "ssm": {"Recursive": "ssm:Recursive", "Overwrite": "ssm:Overwrite"},
    "iam": {
        "PolicyArn": "iam:PolicyARN",
        "PermissionsBoundary": "iam:PermissionsBoundary",
        "AWSServiceName": "iam:AWSServiceName",
    },
    "sns": {"Protocol": "sns:Protocol", "Endpoint": "sns:Endpoint"},
    "cloudwatch": {"Namespace": "cloudwatch:namespace"},
    "kms": {"KeySpec": "kms:KeySpec"},
    "application-autoscaling": {
        "ServiceNamespace": "application-autoscaling:service-namespace",
        "ScalableDimension": "application-autoscaling:scalable-dimension",
    },
    "ecs": {
        "cpu": "ecs:task-cpu",
        "memory": "ecs:task-memory",
        "enableExecuteCommand": "ecs:enable-execute-command",
        "enableECSManagedTags": "ecs:enable-ecs-managed-tags",
        "propagateTags": "ecs:propagate-tags",
        "requiresCompatibilities": "ecs:compute-compatibility",
    },
}
_NO_CLUSTER = ("TaskDefinition", "AccountSetting", "ListClusters", "CreateCluster", "TagResource", "ListTags")


def keys_of(call: Call, place: Place) -> Keys:
    """The condition keys of one call."""
    found: Keys = {"aws:RequestedRegion": (call.region,)}
    for parameter, key in _KEYS.get(call.service, {}).items():
        value = call.params.get(parameter)
        if value is not None:
            found[key] = _texts(value)
    found |= _tags(call.params)
    if call.service == "ecs":
        found |= _ecs(call, place)
    if call.service == "kms":
        found |= {f"kms:EncryptionContext:{k}": (v,) for k, v in (call.params.get("EncryptionContext") or {}).items()}
    return found


def _ecs(call: Call, place: Place) -> Keys:
    found: Keys = {}
    if not any(word in call.operation for word in _NO_CLUSTER):
        cluster = last_part(str(call.params.get("cluster") or "default"))
        found["ecs:cluster"] = (f"arn:aws:ecs:{call.region}:{place.account}:cluster/{cluster}",)
    if "Service" in call.operation and call.params.get("taskDefinition"):
        from ecslab.aws.iam.lookups import definition_of

        definition = definition_of(call)
        found["ecs:task-definition"] = (str(definition.arn if definition else call.params["taskDefinition"]),)
    if call.operation == "StartTask":
        found["ecs:container-instances"] = _texts(call.params.get("containerInstances") or [])
    if call.operation == "RegisterTaskDefinition":
        containers = call.params.get("containerDefinitions") or []
        found["ecs:privileged"] = _texts(any(c.get("privileged") for c in containers))
    return found


def _tags(params: Mapping[str, Any]) -> Keys:
    given = params.get("tags") or params.get("Tags") or params.get("TagList") or ()
    pairs = given.items() if isinstance(given, Mapping) else [_pair(tag) for tag in given if isinstance(tag, Mapping)]
    found: Keys = {f"aws:RequestTag/{key}": (str(value),) for key, value in pairs if key}
    names = [key.removeprefix("aws:RequestTag/") for key in found]
    names += list(_texts(params.get("tagKeys") or params.get("TagKeys") or []))
    return {**found, "aws:TagKeys": tuple(names)} if names else found


def _pair(tag: Mapping[str, Any]) -> tuple[str, str]:
    lower = {key.lower().removeprefix("tag"): value for key, value in tag.items()}
    return str(lower.get("key", "")), str(lower.get("value", ""))


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(_text(v) for v in value)
    return (_text(value),)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
