"""The grammar of one statement: each element read, and refused where it is not what IAM takes.

It reads no JSON and decides nothing. Invariant: what it lets through, ``looking`` can match. Messages begin with AWS's
own sentence, then say where it is and what to try. Source: IAM User Guide, "Grammar of the IAM JSON policy language"
and "IAM JSON policy element reference".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.errors import MalformedPolicyDocument
from ecslab.policy.conditions import Condition, known_operator
from ecslab.policy.documents import Effect, Kind, Statement

_EITHER = ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource")
_ELEMENTS = ("Sid", "Effect", *_EITHER, "Condition")
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+|\*|\*:\*")
_ARN = re.compile(r"arn:[^:\s]+(:.*)?|\$\{.*|\*+", re.DOTALL)
_AWS = re.compile(r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:[^*?]+|A[A-Z0-9]{15,}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_SYNTAX = "Syntax errors in policy."
_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
_SIDS = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Which document is read, for messages."""

    name: str
    kind: Kind

    def fault(self, where: str, what: str, advice: str, *, aws: str = _SYNTAX) -> MalformedPolicyDocument:
        """The error: AWS's sentence, then the place in the document, what is wrong there and what to try."""
        place = f" {where}" if where else ""
        return MalformedPolicyDocument(f"{aws} {self.name}{place}: {what} {advice}")


def statement(reader: Reader, wire: Any, index: int) -> Statement:
    """One statement, by the rules of the reader's kind of document. MalformedPolicyDocument."""
    where = f"statement {index + 1}"
    if not isinstance(wire, Mapping):
        raise reader.fault(where, "it is not an object.", 'A statement is {"Effect": …, "Action": …, "Resource": …}.')
    unknown = sorted(str(key) for key in set(wire) - set(_ELEMENTS))
    if unknown:
        raise reader.fault(where, f"there is no element {unknown[0]!r}.", f"There are {', '.join(_ELEMENTS)}.")
    effect = _effect(reader, where, wire)
    _one_of(reader, where, wire, "Action")
    _check_kind(reader, where, wire)
    return Statement(
        effect=effect,
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


def _effect(reader: Reader, where: str, wire: Mapping[str, Any]) -> Effect:
    if "Effect" not in wire:
        raise reader.fault(where, "it has no Effect.", 'Give "Allow" or "Deny".', aws="Missing required field Effect.")
    given = wire["Effect"]
    if given not in tuple(Effect):
        said = f"Effect is {given!r}."
        raise reader.fault(where, said, 'It must be "Allow" or "Deny", with a capital letter.')
    return Effect(given)


def _sid(reader: Reader, where: str, wire: Mapping[str, Any]) -> str:
    sid = wire.get("Sid", "")
    if not isinstance(sid, str):
        raise reader.fault(where, f"the Sid {sid!r} is not a text.", "Put it in quotes.")
    if reader.kind is not Kind.RESOURCE and not re.fullmatch(r"[A-Za-z0-9]*", sid):
        raise reader.fault(where, f"the Sid {sid!r} is not valid.", "Use letters and digits only.", aws=_SIDS)
    return sid


def _one_of(reader: Reader, where: str, wire: Mapping[str, Any], element: str) -> None:
    both = (element in wire, f"Not{element}" in wire)
    if all(both):
        raise reader.fault(where, f"it has {element} and Not{element}.", "Keep one of them.")
    if not any(both):
        advice = f"Give {element} (or Not{element})."
        raise reader.fault(where, f"it has no {element}.", advice, aws=f"Missing required field {element}.")


def _check_kind(reader: Reader, where: str, wire: Mapping[str, Any]) -> None:
    """Identity policies have a Resource and no Principal; trust policies the reverse; others may have both."""
    if reader.kind in (Kind.IDENTITY, Kind.BOUNDARY):
        advice = "Leave it out: the principal is whoever the policy is attached to."
        _none_of(reader, where, wire, "Principal", advice)
        _one_of(reader, where, wire, "Resource")
        return
    _one_of(reader, where, wire, "Principal")
    if reader.kind is Kind.TRUST:
        _none_of(reader, where, wire, "Resource", "Leave it out: the resource is the role itself.")
    elif "Resource" in wire and "NotResource" in wire:
        _one_of(reader, where, wire, "Resource")


def _none_of(reader: Reader, where: str, wire: Mapping[str, Any], element: str, advice: str) -> None:
    found = next((name for name in (element, f"Not{element}") if name in wire), None)
    if found:
        raise reader.fault(where, f"it has a {found}.", advice, aws=f"Has prohibited field {found}.")


def _texts(reader: Reader, where: str, element: str, value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(one, str) and one for one in listed):
        raise reader.fault(where, f"{element} is {value!r}.", "It must be a text or a list of texts.")
    return tuple(listed)


def _actions(reader: Reader, where: str, wire: Mapping[str, Any], element: str) -> tuple[str, ...]:
    found = _texts(reader, where, element, wire[element]) if element in wire else ()
    for action in found:
        if not _ACTION.fullmatch(action):
            said, advice = f"{action!r} is not an action.", 'Write service:Action, as in "s3:GetObject".'
            raise reader.fault(where, said, advice, aws=_SYNTAX if ":" in action else _VENDOR)
        if reader.kind is Kind.TRUST and not action.lower().startswith("sts:"):
            said, advice = f"it has the action {action}.", "What the role may do goes into a policy of the role."
            raise reader.fault(where, said, advice, aws="AssumeRole policy may only specify STS AssumeRole actions.")
    return found


def _resources(reader: Reader, where: str, wire: Mapping[str, Any], element: str) -> tuple[str, ...]:
    found = _texts(reader, where, element, wire[element]) if element in wire else ()
    for resource in found:
        if not _ARN.fullmatch(resource):
            aws = f'Resource {resource} must be in ARN format or "*".'
            advice = 'Write "arn:aws:s3:::menu/*" (arn:partition:service:region:account:resource), or "*".'
            raise reader.fault(where, f"{element} {resource!r} is not an ARN.", advice, aws=aws)
    return found


def _principals(reader: Reader, where: str, wire: Mapping[str, Any], element: str) -> dict[str, tuple[str, ...]]:
    if element not in wire:
        return {}
    value = wire[element]
    if value == "*":
        return {"AWS": ("*",)}
    if not isinstance(value, Mapping) or not value:
        raise reader.fault(where, f"{element} is {value!r}.", 'Write {"Service": "ecs-tasks.amazonaws.com"}.')
    wrong = next((kind for kind in value if kind not in _PRINCIPALS), None)
    if wrong is not None:
        raise reader.fault(where, f"there is no principal type {wrong!r}.", f"There are {', '.join(_PRINCIPALS)}.")
    found = {str(kind): _texts(reader, where, element, names) for kind, names in value.items()}
    advice = "Give an account id, or the whole ARN of a role or user (with no * inside)."
    _check_names(reader, where, "AWS", found, (_AWS, advice))
    _check_names(reader, where, "Service", found, (_SERVICE, "A service is named like ecs-tasks.amazonaws.com."))
    return found


def _check_names(
    reader: Reader, where: str, kind: str, found: Mapping[str, tuple[str, ...]], rule: tuple[re.Pattern[str], str]
) -> None:
    pattern, advice = rule
    wrong = next((name for name in found.get(kind, ()) if not pattern.fullmatch(name)), None)
    if wrong is not None:
        aws = f'Invalid principal in policy: "{kind}":"{wrong}".'
        raise reader.fault(where, f"{wrong!r} names no {kind} principal.", advice, aws=aws)


def _conditions(reader: Reader, where: str, wire: Any) -> tuple[Condition, ...]:
    if not isinstance(wire, Mapping):
        raise reader.fault(where, f"Condition is {wire!r}.", 'Write {"StringEquals": {"aws:SourceAccount": "…"}}.')
    found = []
    for operator, keys in wire.items():
        if not known_operator(operator):
            said, advice = f"there is no condition operator {operator!r}.", "StringEquals and ArnLike are two of them."
            raise reader.fault(where, said, advice, aws=f"Invalid Condition type : {operator}.")
        if not isinstance(keys, Mapping) or not keys:
            raise reader.fault(where, f"{operator} has {keys!r}.", f'Write {{"{operator}": {{"key": "value"}}}}.')
        for key, value in keys.items():
            values = _values(reader, where, f"{operator} {key}", value)
            found.append(Condition(operator=operator, key=_key(reader, where, key), values=values))
    return tuple(found)


def _key(reader: Reader, where: str, key: str) -> str:
    if ":" not in key:
        said, advice = f"{key!r} is not a condition key.", 'Write it whole, as in "aws:SourceAccount".'
        raise reader.fault(where, said, advice, aws=_VENDOR)
    return key


def _values(reader: Reader, where: str, what: str, value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(one, str | int | float | bool) for one in listed):
        raise reader.fault(where, f"{what} has {value!r}.", "Condition values are texts, numbers or true and false.")
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in listed)
