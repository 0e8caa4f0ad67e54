"""Policy documents: JSON read into frozen statements, and every malformed one refused with what is wrong where.

It decides nothing. Invariant: a Document that exists is well-formed for its kind. Source: IAM User Guide, "Grammar of
the IAM JSON policy language".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ecslab.errors import MalformedPolicyDocument
from ecslab.policy.conditions import Condition, known_operator

VERSIONS = ("2012-10-17", "2008-10-17")
OLD = "2008-10-17"
"""The version of a document that names none: it has no policy variables."""
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
_ELEMENTS = frozenset(
    ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
)
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")


class Effect(StrEnum):
    """What a statement does."""

    ALLOW = "Allow"
    DENY = "Deny"


class Kind(StrEnum):
    """Where a document stands, which says what it must and must not contain."""

    IDENTITY = "identity"
    TRUST = "trust"
    RESOURCE = "resource"
    BOUNDARY = "boundary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. ``index`` is its place in the document, from 0; empty tuples stand for elements it has not."""

    effect: Effect
    index: int = 0
    sid: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_principals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    @property
    def label(self) -> str:
        """Its Sid, or its number for people."""
        return f"statement {self.sid}" if self.sid else f"statement {self.index + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A policy. ``name`` is what a learner calls it."""

    name: str
    statements: tuple[Statement, ...]
    version: str = OLD
    arn: str = ""

    @property
    def has_variables(self) -> bool:
        """Whether ``${…}`` means anything in it."""
        return self.version == "2012-10-17"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Where we are in which document, for messages."""

    name: str
    kind: Kind

    def fault(self, where: str, what: str, advice: str) -> MalformedPolicyDocument:
        place = f" {where}" if where else ""
        return MalformedPolicyDocument(f"Syntax errors in policy. {self.name}{place}: {what} {advice}")


def parse(text: str | Mapping[str, Any], *, name: str, kind: Kind = Kind.IDENTITY, arn: str = "") -> Document:
    """Read a policy document. MalformedPolicyDocument says what is wrong, where, and what to try."""
    reader = _Reader(name=name, kind=kind)
    wire = _json(reader, text)
    unknown = sorted(set(wire) - {"Version", "Id", "Statement"})
    if unknown:
        raise reader.fault("", f"it has an element {unknown[0]!r}.", "A policy has Version, Id and Statement.")
    version = wire.get("Version", OLD)
    if version not in VERSIONS:
        raise reader.fault("", f"there is no policy version {version!r}.", 'Use "Version": "2012-10-17".')
    given = wire.get("Statement")
    listed = [given] if isinstance(given, Mapping) else given
    if not isinstance(listed, list) or not listed:
        raise reader.fault("", "it has no Statement.", 'Give "Statement": [{"Effect": …, "Action": …, …}].')
    statements = tuple(_statement(reader, one, index) for index, one in enumerate(listed))
    sids = [s.sid for s in statements if s.sid]
    twice = next((sid for sid in sids if sids.count(sid) > 1), None)
    if twice:
        raise reader.fault("", f"two statements have the Sid {twice!r}.", "Give each its own, or none.")
    return Document(name=name, statements=statements, version=version, arn=arn)


def _json(reader: _Reader, text: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(text, Mapping):
        return text
    try:
        wire = json.loads(text, object_pairs_hook=lambda pairs: _unique(reader, pairs))
    except ValueError as problem:
        where = f"at line {problem.lineno}, column {problem.colno}" if isinstance(problem, json.JSONDecodeError) else ""
        raise reader.fault(where, "it is not JSON.", "Look for a missing comma, quote or brace there.") from None
    if not isinstance(wire, dict):
        raise reader.fault("", "it is not a JSON object.", 'Begin with {"Version": "2012-10-17", "Statement": […]}.')
    return wire


def _unique(reader: _Reader, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        double = next(key for key in names if names.count(key) > 1)
        raise reader.fault("", f"the key {double!r} stands twice in one object.", "Put its values in one list.")
    return found


def _statement(reader: _Reader, wire: Any, index: int) -> Statement:
    where = f"statement {index + 1}"
    if not isinstance(wire, Mapping):
        raise reader.fault(where, "it is not an object.", 'A statement is {"Effect": …, "Action": …, "Resource": …}.')
    unknown = sorted(set(wire) - _ELEMENTS)
    if unknown:
        raise reader.fault(where, f"there is no element {unknown[0]!r}.", f"There are {', '.join(sorted(_ELEMENTS))}.")
    effect = wire.get("Effect")
    if effect not in tuple(Effect):
        raise reader.fault(where, f"Effect is {effect!r}.", 'It must be "Allow" or "Deny".')
    _one_of(reader, where, wire, "Action")
    _check_kind(reader, where, wire)
    return Statement(
        effect=Effect(effect),
        index=index,
        sid=_sid(reader, where, wire),
        actions=_actions(reader, where, wire, "Action"),
        not_actions=_actions(reader, where, wire, "NotAction"),
        resources=_resources(reader, where, wire, "Resource"),
        not_resources=_resources(reader, where, wire, "NotResource"),
        principals=_principals(reader, where, wire, "Principal"),
        not_principals=_principals(reader, where, wire, "NotPrincipal"),
        conditions=_conditions(reader, where, wire.get("Condition", {})),
    )


def _sid(reader: _Reader, where: str, wire: Mapping[str, Any]) -> str:
    sid = wire.get("Sid", "")
    if not isinstance(sid, str) or (reader.kind is Kind.IDENTITY and not re.fullmatch(r"[A-Za-z0-9]*", sid)):
        raise reader.fault(where, f"the Sid {sid!r} is not valid.", "Use letters and digits only.")
    return sid


def _one_of(reader: _Reader, where: str, wire: Mapping[str, Any], element: str) -> None:
    both = (element in wire, f"Not{element}" in wire)
    if all(both):
        raise reader.fault(where, f"it has {element} and Not{element}.", "Keep one of them.")
    if not any(both):
        raise reader.fault(where, f"it has no {element}.", f"Give {element} (or Not{element}).")


def _check_kind(reader: _Reader, where: str, wire: Mapping[str, Any]) -> None:
    """Identity policies have a Resource and no Principal; trust policies the other way round."""
    principal = "Principal" in wire or "NotPrincipal" in wire
    resource = "Resource" in wire or "NotResource" in wire
    if reader.kind in (Kind.IDENTITY, Kind.BOUNDARY):
        if principal:
            raise reader.fault(
                where, "it has a Principal.", "Leave it out: the principal is whoever the policy is attached to."
            )
        _one_of(reader, where, wire, "Resource")
    elif reader.kind is Kind.TRUST:
        if resource:
            raise reader.fault(where, "it has a Resource.", "Leave it out: the resource is the role itself.")
        _one_of(reader, where, wire, "Principal")
    else:
        _one_of(reader, where, wire, "Principal")
        if "Resource" in wire and "NotResource" in wire:
            _one_of(reader, where, wire, "Resource")


def _texts(reader: _Reader, where: str, element: str, value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(one, str) and one for one in listed):
        raise reader.fault(where, f"{element} is {value!r}.", "It must be a text or a list of texts.")
    return tuple(listed)


def _actions(reader: _Reader, where: str, wire: Mapping[str, Any], element: str) -> tuple[str, ...]:
    if element not in wire:
        return ()
    found = _texts(reader, where, element, wire[element])
    for action in found:
        if action != "*" and not _ACTION.fullmatch(action):
            raise reader.fault(where, f"{action!r} is not an action.", 'Write service:Action, as in "s3:GetObject".')
    return found


def _resources(reader: _Reader, where: str, wire: Mapping[str, Any], element: str) -> tuple[str, ...]:
    if element not in wire:
        return ()
    found = _texts(reader, where, element, wire[element])
    for resource in found:
        if resource != "*" and not _ARN.fullmatch(resource) and not resource.startswith(("arn:*", "${")):
            advice = 'Write "arn:partition:service:region:account:resource", or "*".'
            raise reader.fault(where, f"the resource {resource!r} must be in ARN format or *.", advice)
    return found


def _principals(reader: _Reader, where: str, wire: Mapping[str, Any], element: str) -> dict[str, tuple[str, ...]]:
    value = wire.get(element)
    if value is None:
        return {}
    if value == "*":
        return {"AWS": ("*",)}
    if not isinstance(value, Mapping) or not value:
        raise reader.fault(where, f"{element} is {value!r}.", 'Write {"Service": "ecs-tasks.amazonaws.com"}.')
    found = {str(kind): _texts(reader, where, element, names) for kind, names in value.items()}
    wrong = next((kind for kind in found if kind not in _PRINCIPALS), None)
    if wrong:
        raise reader.fault(where, f"there is no principal type {wrong!r}.", f"There are {', '.join(_PRINCIPALS)}.")
    for service in found.get("Service", ()):
        if not service.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            raise reader.fault(
                where, f"Invalid principal in policy: {service!r}.", "A service is like ecs-tasks.amazonaws.com."
            )
    for name in found.get("AWS", ()):
        if name != "*" and not re.fullmatch(r"\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|A[A-Z0-9]{15,}", name):
            raise reader.fault(
                where, f"Invalid principal in policy: {name!r}.", "Give an account id, or the ARN of a user or role."
            )
    return found


def _conditions(reader: _Reader, where: str, wire: Any) -> tuple[Condition, ...]:
    if not isinstance(wire, Mapping):
        raise reader.fault(where, f"Condition is {wire!r}.", 'Write {"StringEquals": {"aws:SourceAccount": "…"}}.')
    found = []
    for operator, keys in wire.items():
        if not known_operator(operator):
            raise reader.fault(
                where, f"there is no condition operator {operator!r}.", "StringEquals and ArnLike are two of them."
            )
        if not isinstance(keys, Mapping) or not keys:
            raise reader.fault(where, f"{operator} has {keys!r}.", f'Write {{"{operator}": {{"key": "value"}}}}.')
        for key, value in keys.items():
            listed = value if isinstance(value, list) else [value]
            if not listed or not all(isinstance(one, str | int | float | bool) for one in listed):
                raise reader.fault(
                    where, f"{operator} {key} has {value!r}.", "Condition values are texts, numbers or true and false."
                )
            found.append(Condition(operator=operator, key=str(key), values=tuple(_plain(one) for one in listed)))
    return tuple(found)


def _plain(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
