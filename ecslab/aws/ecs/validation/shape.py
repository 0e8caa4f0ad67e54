"""Rules on the shape of the request: members, types and enumerations, as AWS's own API model has them.

Not about meaning: a shape may be right and the definition still refused. Invariant: what is reported here reads
as absent to every other rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecslab.aws.ecs.validation.fault import Fault, Severity
from ecslab.aws.ecs.validation.reading import Definition

EXPORTED = frozenset(
    (
        "compatibilities",
        "deleteRequestedAt",
        "deregisteredAt",
        "registeredAt",
        "registeredBy",
        "requiresAttributes",
        "revision",
        "status",
        "taskDefinitionArn",
    )
)
"""Members that DescribeTaskDefinition adds to what was registered: no client sends them back."""

UNSET = ("networkMode", "pidMode", "ipcMode")
"""Members whose empty string means "not set", as consoles export them."""

_WORDS = {"structure": "an object", "map": "an object", "list": "a list", "string": "a string", "boolean": "a boolean"}


def _where(definition: Definition, path: str) -> str:
    """ " of container 'web'" where the path is in a container."""
    head, _, rest = path.partition("]")
    index = head.removeprefix("containerDefinitions[")
    if not rest or not index.isdigit():
        return ""
    return f" of {definition.containers[int(index)].title}"


def member_type(definition: Definition) -> Iterator[Fault]:
    """A list where a list belongs, a string where a string belongs (task cpu is "256", container cpu is 256)."""
    for place in definition.places:
        if place.right:
            continue
        wanted = _WORDS.get(place.shape.kind, "a number")
        where = _where(definition, place.path)
        form = f' ("{place.value}")' if wanted == "a string" and isinstance(place.value, int | float) else ""
        advice = f"Write {place.path or 'the request'}{where} as {wanted}{form}, not as {_kind(place.value)}."
        message = f"Invalid type for parameter {place.path}: it must be {wanted}."
        yield Fault(field=place.path, message=message, advice=advice, exception="InvalidParameterException")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else "a number"


def member_missing(definition: Definition) -> Iterator[Fault]:
    """Members that their structure cannot be without (a secret's ``valueFrom``, a ulimit's ``hardLimit``…)."""
    for place in definition.places:
        if not place.path or place.shape.kind != "structure" or not place.right:
            continue
        for name in place.shape.required:
            if place.value.get(name) is None:
                path = f"{place.path}.{name}"
                message = f"Missing required parameter in {place.path}: '{name}'."
                advice = f"Add {name} to {place.path}{_where(definition, place.path)}."
                yield Fault(field=path, message=message, advice=advice, exception="InvalidParameterException")


def member_exported(definition: Definition) -> Iterator[Fault]:
    """What DescribeTaskDefinition or the console adds to a definition cannot be registered again."""
    for name in sorted(EXPORTED & {str(key) for key in definition.wire}):
        advice = f"Remove {name}: ECS sets it itself when it registers a definition."
        yield Fault(field=name, message=f'Unknown parameter in input: "{name}".', advice=advice)


def member_unknown(definition: Definition) -> Iterator[Fault]:
    """A member the API model does not have: clients refuse it, the service itself does not look at it."""
    for place in definition.places:
        if place.shape.kind != "structure" or not place.right:
            continue
        for name in place.value:
            if name in place.shape.members or (not place.path and name in EXPORTED):
                continue
            path = f"{place.path}.{name}" if place.path else str(name)
            advice = f"Check the spelling of {path}{_where(definition, path)}, or remove it."
            message = f'Unknown parameter in input: "{name}".'
            yield Fault(field=path, message=message, advice=advice, severity=Severity.WARNING)


def member_value(definition: Definition) -> Iterator[Fault]:
    """Values of enumerations: network modes, compatibilities, log drivers, conditions, protocols…"""
    for place in definition.places:
        if not place.shape.enum or not place.right or place.value in place.shape.enum:
            continue
        if place.value == "" and place.path in UNSET:
            continue
        allowed = ", ".join(place.shape.enum)
        message = (
            f"1 validation error detected: Value '{place.value}' at '{place.path}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{allowed}]"
        )
        advice = f"Set {place.path}{_where(definition, place.path)} to one of {allowed}."
        yield Fault(field=place.path, message=message, advice=advice, exception="InvalidParameterException")
