"""From an API call to the IAM actions it needs. Most are named as the operation; here are those that are not.

Source: Service Authorization Reference, "Actions, resources, and condition keys", and for S3 "Required permissions for
Amazon S3 API operations".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ecslab.aws.iam.wire import Call
from ecslab.model.arn import Place

_S3 = {
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "GetObjectAttributes": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectVersions": "ListBucketVersions",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "DeleteObjects": "DeleteObject",
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}
_NAMES: Mapping[str, Mapping[str, str]] = {
    "s3": _S3,
    "lambda": {
        "Invoke": "InvokeFunction",
        "InvokeAsync": "InvokeFunction",
        "InvokeWithResponseStream": "InvokeFunction",
    },
    "sqs": {
        "SendMessageBatch": "SendMessage",
        "DeleteMessageBatch": "DeleteMessage",
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    },
    "sns": {"PublishBatch": "Publish"},
    "dynamodb": {"TransactGetItems": "GetItem"},
}
_VERSIONED = {
    "GetObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
}
_ALWAYS = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
"""Calls that AWS lets every principal make, whatever its policies say."""


def always_allowed(call: Call) -> bool:
    """Whether no policy is asked about this call."""
    return f"{call.service}:{call.operation}" in _ALWAYS


def action_of(call: Call) -> str:
    """The IAM action of the call, as ``service:Action``; "" where ``more_of`` says all that it needs."""
    if call.service == "dynamodb" and call.operation == "TransactWriteItems":
        return ""
    if call.service == "dynamodb" and call.operation == "ExecuteStatement":
        return "dynamodb:PartiQL" + str(call.params.get("Statement", "")).strip().split(" ")[0].capitalize()
    name = _NAMES.get(call.service, {}).get(call.operation, call.operation)
    if call.service == "s3" and call.params.get("VersionId"):
        name = _VERSIONED.get(name, name)
    return f"{call.service}:{name}"


def more_of(call: Call, place: Place) -> list[tuple[str, str]]:
    """What the call needs beyond its own action, as (action, resource)."""
    if call.service == "dynamodb" and call.operation == "TransactWriteItems":
        return _written(call, f"arn:aws:dynamodb:{call.region}:{place.account}:table/")
    if call.service == "s3" and call.operation in ("CopyObject", "UploadPartCopy"):
        return [("s3:GetObject", _copied(call.params.get("CopySource")))]
    if call.service == "secretsmanager" and call.operation == "BatchGetSecretValue":
        return [("secretsmanager:GetSecretValue", secret) for secret in call.params.get("SecretIdList") or ()]
    return []


def _written(call: Call, prefix: str) -> list[tuple[str, str]]:
    """Put, Update, Delete and ConditionCheck of a transaction, each on its own table."""
    parts = [(kind, part) for item in call.params.get("TransactItems") or () for kind, part in item.items() if part]
    tables = [(kind, str(part.get("TableName", ""))) for kind, part in parts]
    return [(f"dynamodb:{kind}Item", name if name.startswith("arn:") else prefix + name) for kind, name in tables]


def _copied(source: Any) -> str:
    if isinstance(source, Mapping):
        return f"arn:aws:s3:::{source.get('Bucket', '')}/{source.get('Key', '')}"
    return "arn:aws:s3:::" + unquote(str(source or "")).lstrip("/").split("?versionId=")[0]
