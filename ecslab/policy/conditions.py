"""Conditions: every operator of IAM, with IfExists and the two set operators. Pure.

Values are alternatives; a negated operator wants none of them. Invariant: a key that the request lacks fails a
condition, unless the operator is negated, ends in IfExists, is Null, or asks ForAllValues. Source: IAM User
Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ecslab.policy.patterns import Context, arn_like, equal, fill, like, value_of

Test = Callable[[str, str, Context | None], bool]
"""(the policy's value, the request's value, the context for variables or None) -> it holds"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """``operator`` as written (``ForAnyValue:StringLikeIfExists``), one key, the values it may have."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operator:
    name: str
    test: Test
    negated: bool
    quantifier: str
    if_exists: bool


def _number(test: Callable[[float, float], bool]) -> Test:
    def compare(wanted: str, given: str, context: Context | None) -> bool:
        try:
            return test(float(given), float(wanted))
        except ValueError:
            return False

    return compare


def _date(test: Callable[[float, float], bool]) -> Test:
    def compare(wanted: str, given: str, context: Context | None) -> bool:
        left, right = _seconds(given), _seconds(wanted)
        return left is not None and right is not None and test(left, right)

    return compare


def _seconds(text: str) -> float | None:
    """Seconds since the epoch of an ISO 8601 date or a number."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else datetime.fromisoformat(f"{moment.isoformat()}+00:00")).timestamp()


def _address(wanted: str, given: str, context: Context | None) -> bool:
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(fill(wanted, context) or "", strict=False)
    except (ValueError, TypeError):
        return False


def _same(wanted: str, given: str, context: Context | None) -> bool:
    return equal(wanted, given, context)


def _same_loosely(wanted: str, given: str, context: Context | None) -> bool:
    return equal(wanted, given, context, loose=True)


def _alike(wanted: str, given: str, context: Context | None) -> bool:
    return like(wanted, given, context)


def _truth(wanted: str, given: str, context: Context | None) -> bool:
    return wanted.lower() == given.lower()


_TESTS: dict[str, Test] = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_loosely,
    "StringLike": _alike,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "NumericEquals": _number(lambda a, b: a == b),
    "NumericLessThan": _number(lambda a, b: a < b),
    "NumericLessThanEquals": _number(lambda a, b: a <= b),
    "NumericGreaterThan": _number(lambda a, b: a > b),
    "NumericGreaterThanEquals": _number(lambda a, b: a >= b),
    "DateEquals": _date(lambda a, b: a == b),
    "DateLessThan": _date(lambda a, b: a < b),
    "DateLessThanEquals": _date(lambda a, b: a <= b),
    "DateGreaterThan": _date(lambda a, b: a > b),
    "DateGreaterThanEquals": _date(lambda a, b: a >= b),
    "Bool": _truth,
    "BinaryEquals": lambda wanted, given, context: wanted == given,
    "IpAddress": _address,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}
_QUANTIFIERS = ("ForAllValues", "ForAnyValue")
_BY_LOWER = {name.lower(): name for name in (*_TESTS, *_NEGATED, "Null")}


def known_operator(written: str) -> bool:
    """Whether there is such an operator."""
    return _read(written) is not None


def _read(written: str) -> _Operator | None:
    quantifier, colon, rest = written.partition(":")
    if not colon:
        quantifier, rest = "", written
    found = next((q for q in _QUANTIFIERS if q.lower() == quantifier.lower()), "")
    if quantifier and not found:
        return None
    if_exists = rest.lower().endswith("ifexists")
    name = _BY_LOWER.get(rest.lower().removesuffix("ifexists") if if_exists else rest.lower())
    if name is None or (name == "Null" and (if_exists or found)):
        return None
    test = _TESTS.get(_NEGATED.get(name, name), _truth)
    return _Operator(name=name, test=test, negated=name in _NEGATED, quantifier=found, if_exists=if_exists)


def holds(condition: Condition, context: Context, *, variables: bool = True) -> bool:
    """Whether a request with this context meets the condition."""
    operator = _read(condition.operator)
    if operator is None:
        return False
    given = value_of(context, condition.key)
    if operator.name == "Null":
        return all(_truth(wanted, str(given is None).lower(), None) for wanted in condition.values)
    if given is None or (operator.quantifier and not given):
        return operator.if_exists or (
            operator.quantifier == "ForAllValues" or (operator.negated and operator.quantifier != "ForAnyValue")
        )
    filled = context if variables else None

    def met(value: str) -> bool:
        return any(operator.test(wanted, value, filled) for wanted in condition.values) is not operator.negated

    if operator.quantifier == "ForAllValues":
        return all(met(value) for value in given)
    if operator.quantifier == "ForAnyValue" or not operator.negated:
        return any(met(value) for value in given)
    return all(met(value) for value in given)


def told(condition: Condition, context: Context) -> str:
    """What the condition wants and what the request has, for a learner."""
    given = value_of(context, condition.key)
    wanted = " or ".join(condition.values)
    has = "the request does not have that key" if given is None else f"the request has {', '.join(given) or 'no value'}"
    return f"Condition {condition.operator} {condition.key}: {has}, the policy wants {wanted}"
