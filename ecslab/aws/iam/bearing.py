"""Policies that lie on resources: an S3 bucket's, an SQS queue's, an SNS topic's, a secret's, a KMS key's.

They are read from moto's records. Invariants: a policy that does not parse grants and denies nothing; an Allow for the
account (its id or root, as in every KMS key's default policy) leaves the decision to IAM.

Source: IAM User Guide, "AWS JSON policy elements: Principal" (AWS account principals).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws.iam.documents import read
from ecslab.model.arn import Place
from ecslab.policy import Document, Effect, Kind, Statement


def policies_on(service: str, resource: str, place: Place) -> tuple[Document, ...]:
    """The resource policies that bear on an ARN; () where there is none."""
    finder = _FINDERS.get(service)
    if finder is None or not resource.startswith("arn:"):
        return ()
    found = finder(resource, place)
    if not found:
        return ()
    text = found if isinstance(found, str) else found.decode() if isinstance(found, bytes) else json.dumps(found)
    named = read(text, name=f"resource policy of {resource.split('/')[0]}", kind=Kind.RESOURCE)
    return tuple(_granting(document, place) for document in named)


def _granting(document: Document, place: Place) -> Document:
    """Without what only names the account: that leaves the decision to IAM and grants nobody anything."""
    kept = [one for one in document.statements if one.effect is Effect.DENY or not _is_delegation(one, place)]
    return replace(document, statements=tuple(kept))


def _is_delegation(statement: Statement, place: Place) -> bool:
    own = {place.account, f"arn:aws:iam::{place.account}:root"}
    named = {name for names in statement.principals.values() for name in names}
    return bool(named) and named <= own


def _bucket(arn: str, place: Place) -> Any:
    from moto.s3.models import s3_backends

    name = arn.removeprefix("arn:aws:s3:::").split("/")[0]
    found = s3_backends[place.account]["aws"].buckets.get(name)
    return found.policy if found is not None else None


def _queue(arn: str, place: Place) -> Any:
    from moto.sqs.models import sqs_backends

    found = sqs_backends[place.account][_region(arn)].queues.get(arn.rsplit(":", 1)[-1])
    return found.policy if found is not None else None


def _topic(arn: str, place: Place) -> Any:
    from moto.sns.models import sns_backends

    found = sns_backends[place.account][_region(arn)].topics.get(arn)
    return found.policy if found is not None else None


def _secret(arn: str, place: Place) -> Any:
    from moto.secretsmanager.models import secretsmanager_backends

    for secret in secretsmanager_backends[place.account][_region(arn)].secrets.values():
        if secret.arn == arn:
            return getattr(secret, "policy", None)
    return None


def _key(arn: str, place: Place) -> Any:
    from moto.kms.models import kms_backends

    found = kms_backends[place.account][_region(arn)].keys.get(arn.rsplit("/", 1)[-1])
    return found.policy if found is not None else None


def _region(arn: str) -> str:
    return arn.split(":")[3]


_FINDERS: Mapping[str, Callable[[str, Place], Any]] = {
    "s3": _bucket,
    "sqs": _queue,
    "sns": _topic,
    "secretsmanager": _secret,
    "kms": _key,
}
