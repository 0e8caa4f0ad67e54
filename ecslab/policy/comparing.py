"""Comparisons of condition operators: one value of a policy against one value of a request. Pure.

It knows no keys and no sets: that is ``conditions``. Invariant: a test answers None where the two cannot be compared.
Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ecslab.policy.patterns import Context, arn_like, equal, fill, like

Test = Callable[[str, str, Context | None], bool | None]
"""(the policy's value, the request's value, the context for variables or None) -> it is met; None: no comparison"""
_Compare = Callable[[float, float], bool]
_Read = Callable[[str], float | None]


def _ordered(read: _Read, compare: _Compare) -> Test:
    def test(wanted: str, given: str, context: Context | None) -> bool | None:
        left, right = read(given), read(wanted)
        return None if left is None or right is None else compare(left, right)

    return test


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _seconds(text: str) -> float | None:
    """Seconds since the epoch of an ISO 8601 date (UTC where it names no zone) or of a number of them."""
    number = _number(text)
    if number is not None:
        return number
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _address(wanted: str, given: str, context: Context | None) -> bool | None:
    network = fill(wanted, context)
    if network is None:
        return None
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return None


def _truth(wanted: str, given: str, context: Context | None) -> bool | None:
    left, right = given.lower(), (fill(wanted, context) or "").lower()
    return left == right if {left, right} <= {"true", "false"} else None


def _binary(wanted: str, given: str, context: Context | None) -> bool | None:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return None


def _same_loosely(wanted: str, given: str, context: Context | None) -> bool | None:
    return equal(wanted, given, context, loose=True)


_COMPARISONS: Mapping[str, _Compare] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}
TESTS: Mapping[str, Test] = {
    "StringEquals": equal,
    "StringEqualsIgnoreCase": _same_loosely,
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    **{f"Numeric{name}": _ordered(_number, compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _ordered(_seconds, compare) for name, compare in _COMPARISONS.items()},
    "Bool": _truth,
    "BinaryEquals": _binary,
    "IpAddress": _address,
}
"""The operators that ask for a match; ArnEquals and ArnLike are the same, as in AWS."""
NEGATED: Mapping[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}
"""The operators that ask for no match, and what they are the opposite of."""
