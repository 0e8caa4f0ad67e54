"""Resources whose ARN is not written in the call: a secret's suffix, a key behind an alias, the newest revision.

Each look-up is a small function of (call, place) → names or ARNs; none of them fails, and an empty answer means that
the call does not name such a thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecslab.aws.iam import store
from ecslab.aws.iam.wire import Call
from ecslab.model.arn import Place, last_part

Lookup = Callable[[Call, Place], list[str]]


def definition_of(call: Call) -> Any | None:
    """Our task definition that a call names; None where it names none that exists."""
    from ecslab.aws.install import backend
    from ecslab.errors import EcslabError

    name = call.params.get("taskDefinition") or call.params.get("taskDefinitionArn")
    if not name:
        return None
    try:
        return backend().definition(str(name))
    except EcslabError:
        return None


def _task_definition(call: Call, place: Place) -> list[str]:
    found = definition_of(call)
    if found is not None:
        return [found.arn]
    name = str(call.params.get("taskDefinition") or "*")
    return [name if name.startswith("arn:") else f"task-definition/{name}" + ("" if ":" in name else ":*")]


def _role(call: Call, place: Place) -> list[str]:
    name = str(call.params.get("RoleName") or "")
    found = store.role(place, name) if name else None
    return [found.arn] if found is not None else [f"role/{name}"] if name else []


def _user(call: Call, place: Place) -> list[str]:
    name = str(call.params.get("UserName") or "")
    found = store.user(place, name) if name else None
    return [found.arn] if found is not None else [f"user/{name}"] if name else []


def _parameter(call: Call, place: Place) -> list[str]:
    params, operation = call.params, call.operation
    if "Parameter" in operation or params.get("ResourceType") == "Parameter":
        names = params.get("Names") or [params.get("Name") or params.get("Path") or params.get("ResourceId")]
        return [_parameter_name(str(name)) for name in names if name]
    return []


def _parameter_name(name: str) -> str:
    if name.startswith("arn:"):
        return name
    return "parameter/" + name.lstrip("/").split(":")[0]


def _secret(call: Call, place: Place) -> list[str]:
    given = call.params.get("SecretId")
    wanted = [given] if given else list(call.params.get("SecretIdList") or ())
    return [secret_arn(place, call.region, str(name)) for name in wanted]


def secret_arn(place: Place, region: str, name: str) -> str:
    """The full ARN of a secret given by name, ARN, or ARN without its suffix; as given where it does not exist."""
    from moto.secretsmanager.models import secretsmanager_backends

    for secret in secretsmanager_backends[place.account][region].secrets.values():
        if name in (secret.name, secret.arn) or secret.arn.rsplit("-", 1)[0] == name:
            return str(secret.arn)
    return name if name.startswith("arn:") else f"secret:{name}"


def _tables(call: Call, place: Place) -> list[str]:
    names = list(call.params.get("RequestItems") or ())
    for item in call.params.get("TransactItems") or ():
        names += [part["TableName"] for part in item.values() if isinstance(part, Mapping) and "TableName" in part]
    return [name if name.startswith("arn:") else f"table/{name}" for name in dict.fromkeys(names)]


def _objects(call: Call, place: Place) -> list[str]:
    bucket = call.params.get("Bucket", "")
    return [f"{bucket}/{part.get('Key', '')}" for part in (call.params.get("Delete") or {}).get("Objects") or ()]


def _queue(call: Call, place: Place) -> list[str]:
    url = str(call.params.get("QueueUrl") or "")
    return [last_part(url)] if url else []


def _subscription(call: Call, place: Place) -> list[str]:
    arn = str(call.params.get("SubscriptionArn") or "")
    return [arn.rsplit(":", 1)[0]] if arn.count(":") > 5 else []


def _key(call: Call, place: Place) -> list[str]:
    name = str(call.params.get("KeyId") or call.params.get("TargetKeyId") or "")
    if not name:
        return []
    if "alias/" in name:
        return [_behind_alias(place, call.region, name)]
    return [name if name.startswith("arn:") else f"key/{name}"]


def key_arn(place: Place, region: str, name: str) -> str:
    """The ARN of a KMS key given by id, ARN or alias."""
    found = _behind_alias(place, region, name) if "alias/" in name else name
    return found if found.startswith("arn:") else f"arn:aws:kms:{region}:{place.account}:key/{found.split('/')[-1]}"


def _behind_alias(place: Place, region: str, name: str) -> str:
    from moto.kms.models import kms_backends

    backend, alias = kms_backends[place.account][region], "alias/" + name.split("alias/", 1)[1]
    key_id = backend.get_key_id_from_alias(alias)
    return f"key/{key_id}" if key_id else name


def _rule(call: Call, place: Place) -> list[str]:
    name = str(call.params.get("Rule") or call.params.get("Name") or "")
    bus = last_part(str(call.params.get("EventBusName") or "default"))
    if not name:
        return []
    return [f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}"]


LOOKUPS: Mapping[str, Lookup] = {
    "task-definition": _task_definition,
    "role": _role,
    "user": _user,
    "parameter": _parameter,
    "secret": _secret,
    "tables": _tables,
    "objects": _objects,
    "queue": _queue,
    "subscription": _subscription,
    "key": _key,
    "rule": _rule,
}
