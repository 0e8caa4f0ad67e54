"""``secrets`` of a container: values of Secrets Manager and of SSM's Parameter Store, fetched for a role.

It reads moto's backends and changes nothing. Invariant: no value is read that the role may not read, and no message
holds a value. Sources: ContainerDefinition.secrets and "Pass sensitive data to an Amazon ECS container" (the two forms
of valueFrom, the permissions); amazon-ecs-agent, asmsecret and ssmsecret (the messages; facts: stop.rie_texts).
"""

from __future__ import annotations

import json
from typing import Any

from ecslab.aws.iam import lookups
from ecslab.aws.iam.acting import Acting
from ecslab.errors import ResourceInitializationError

ASM = "arn:aws:secretsmanager:"
PULL = "unable to pull secrets or registry auth: execution resource retrieval failed: "
RETRIED = "service call has been retried 1 time(s): "
AWS_KEYS = ("alias/aws/ssm", "alias/aws/secretsmanager", "aws/ssm", "aws/secretsmanager")
"""Keys of AWS's own, which everybody in the account may use through the service."""


def value(acting: Acting, value_from: str) -> str:
    """The text behind a ``valueFrom``. ResourceInitializationError, in AWS's words."""
    return _from_asm(acting, value_from) if value_from.startswith(ASM) else _from_ssm(acting, value_from)


# Secrets Manager: arn:aws:secretsmanager:region:account:secret:name[:json-key[:version-stage[:version-id]]]


def _from_asm(acting: Acting, value_from: str) -> str:
    parts = value_from.split(":")
    arn, region = ":".join(parts[:7]), parts[3]
    key, stage, version = (*parts[7:10], "", "", "")[:3]
    head = f"{PULL}unable to retrieve secret from asm: {RETRIED}failed to fetch secret {arn} from secrets manager: "
    full = lookups.secret_arn(acting.place, region, arn)
    denied = acting.denial("secretsmanager:GetSecretValue", full, aws_RequestedRegion=region)
    if denied:
        raise ResourceInitializationError(f"{head}AccessDeniedException: {denied}")
    text = _asm_text(acting, full, head, stage, version)
    return _member(text, key, arn) if key else text


def _asm_text(acting: Acting, arn: str, head: str, stage: str, version: str) -> str:
    from moto.core.exceptions import ServiceException
    from moto.secretsmanager.models import secretsmanager_backends

    region = arn.split(":")[3]
    backend = secretsmanager_backends[acting.place.account][region]
    known = next((s for s in backend.secrets.values() if s.arn == arn), None)
    if known is None:
        raise ResourceInitializationError(
            f"{head}ResourceNotFoundException: Secrets Manager can't find the specified secret. Check whether the "
            f"secret exists in {region} (aws secretsmanager list-secrets)."
        )
    _decrypt(acting, known.kms_key_id, region, "secretsmanager", head)
    try:
        found = backend.get_secret_value(known.secret_id, version or None, stage or None)
    except ServiceException as problem:
        raise ResourceInitializationError(f"{head}{problem.code}: {problem.message}") from None
    return str(found.get("SecretString") or "")


def _member(text: str, key: str, arn: str) -> str:
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or key not in found:
        has = f"It has {', '.join(sorted(found))}." if isinstance(found, dict) else "Its value is not a JSON object."
        raise ResourceInitializationError(
            f"{PULL}unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key "
            f"{key} (secret {arn}). {has}"
        )
    inner = found[key]
    return inner if isinstance(inner, str) else json.dumps(inner)


# Parameter Store: a name in the task's region, or an ARN


def _from_ssm(acting: Acting, value_from: str) -> str:
    from moto.ssm.models import ssm_backends

    is_arn = value_from.startswith("arn:")
    region = value_from.split(":")[3] if is_arn else acting.place.region
    name = _parameter_name(value_from) if is_arn else value_from
    head = f"{PULL}unable to retrieve secrets from ssm: {RETRIED}"
    arn = f"arn:aws:ssm:{region}:{acting.place.account}:parameter/{name.lstrip('/').split(':')[0]}"
    denied = acting.denial("ssm:GetParameters", arn, aws_RequestedRegion=region)
    if denied:
        raise ResourceInitializationError(f"{head}AccessDeniedException: {denied}")
    backend = ssm_backends[acting.place.account][region]
    found = next((p for n in (name, name.lstrip("/"), "/" + name.lstrip("/")) if (p := backend.get_parameter(n))), None)
    if found is None:
        raise ResourceInitializationError(
            f"{PULL}unable to retrieve secrets from ssm: invalid parameters: {name}. There is no such parameter in "
            f"{region}; `aws ssm describe-parameters` shows those there are."
        )
    if found.parameter_type == "SecureString":
        _decrypt(acting, found.keyid, region, "ssm", head)
    return str(found.response_object(decrypt=True)["Value"])


def _parameter_name(arn: str) -> str:
    """``…:parameter/a/b`` is ``/a/b``, and ``…:parameter/a`` is ``a``."""
    path = arn.split(":parameter/", 1)[-1]
    return f"/{path}" if "/" in path else path


def _decrypt(acting: Acting, key: str | None, region: str, service: str, head: str) -> None:
    """A key of the customer's own needs kms:Decrypt; AWS's own key does not."""
    if not key or key.endswith(AWS_KEYS):
        return
    arn = lookups.key_arn(acting.place, region, key)
    denied = acting.denial("kms:Decrypt", arn, kms_ViaService=f"{service}.{region}.amazonaws.com")
    if denied:
        raise ResourceInitializationError(f"{head}AccessDeniedException: {denied}")
