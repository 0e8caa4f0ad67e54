"""Event patterns: whether an event is what a rule waits for. Pure.

moto has a matcher of its own, which does not look into lists of objects, and so misses ``detail.containers.exitCode``,
the most useful field of all; this one does. Invariant: what ``check`` lets pass, ``matches`` can judge. Source:
EventBridge User Guide, "Amazon EventBridge event patterns" and "Comparison operators" (a pattern on several fields of a
list of objects is met by one of its objects).
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Pattern = Mapping[str, Any]
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ABSENT = object()
OPERATORS = ("anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard")


def read(text: str) -> Pattern:
    """A pattern from its JSON. ValueError says what is wrong with it and what to try."""
    try:
        pattern = json.loads(text)
    except ValueError:
        raise ValueError('Filter is not JSON. Write an object such as {"source": ["aws.ecs"]}.') from None
    if not isinstance(pattern, dict):
        raise ValueError('Filter is not an object. Write an object such as {"source": ["aws.ecs"]}.')
    check(pattern)
    return pattern


def check(pattern: Pattern, at: str = "") -> None:
    """ValueError where a part of a pattern is none."""
    for name, wanted in pattern.items():
        place = f"{at}.{name}" if at else name
        if name == "$or":
            for part in wanted:
                check(part, at)
        elif isinstance(wanted, Mapping):
            check(wanted, place)
        elif not isinstance(wanted, list):
            raise ValueError(f'"{place}" must be an object or an array: write ["{wanted}"] for one value.')
        elif not wanted:
            raise ValueError(f'Empty arrays are not allowed: "{place}" would match nothing.')
        else:
            for one in wanted:
                _check_filter(one, place)


def _check_filter(one: Any, place: str) -> None:
    if isinstance(one, Mapping):
        names = list(one)
        if len(names) != 1 or names[0] not in OPERATORS:
            raise ValueError(
                f'"{place}": {json.dumps(one)} is no comparison. The comparisons are {", ".join(OPERATORS)}.'
            )
        if names[0] == "numeric":
            _check_numeric(one["numeric"], place)
    elif isinstance(one, list):
        raise ValueError(f'"{place}" has an array within an array: write the values side by side.')


def _check_numeric(wanted: Any, place: str) -> None:
    pairs = list(zip(wanted[::2], wanted[1::2], strict=False)) if isinstance(wanted, list) else []
    right = pairs and len(wanted) == 2 * len(pairs) and len(pairs) <= 2
    if not right or any(sign not in _COMPARED or not _is_number(number) for sign, number in pairs):
        raise ValueError(f'"{place}": numeric takes one or two comparisons, such as [">", 0, "<=", 5].')


def matches(pattern: Pattern, event: Any) -> bool:
    """Whether every field of the pattern is met by the event."""
    return all(_meets(name, wanted, event) for name, wanted in pattern.items())


def _meets(name: str, wanted: Any, event: Any) -> bool:
    if name == "$or":
        return any(matches(part, event) for part in wanted)
    found = event.get(name, _ABSENT) if isinstance(event, Mapping) else _ABSENT
    if isinstance(wanted, Mapping):
        parts = found if isinstance(found, list) and found else [found]
        return any(matches(wanted, part) for part in parts)
    return any(_accepts(one, _leaves(found)) for one in wanted)


def _leaves(found: Any) -> list[Any]:
    """The values of a field; an object is none, only what lies in it is."""
    if found is _ABSENT or isinstance(found, Mapping):
        return []
    return [leaf for leaf in found if not isinstance(leaf, Mapping)] if isinstance(found, list) else [found]


def _accepts(one: Any, values: list[Any]) -> bool:
    if not isinstance(one, Mapping):
        return any(_same(one, value) for value in values)
    ((name, wanted),) = one.items()
    if name == "exists":
        return bool(values) is bool(wanted)
    return any(_compares(name, wanted, value) for value in values)


def _same(one: Any, value: Any) -> bool:
    """1 and true are two things here, though not in Python."""
    return isinstance(one, bool) is isinstance(value, bool) and bool(one == value)


def _compares(name: str, wanted: Any, value: Any) -> bool:
    if name == "numeric":
        pairs = zip(wanted[::2], wanted[1::2], strict=True)
        return _is_number(value) and all(_COMPARED[sign](value, number) for sign, number in pairs)
    if name == "anything-but":
        return _is_anything_but(wanted, value)
    choices = wanted if isinstance(wanted, list) else [wanted]
    return isinstance(value, str) and any(_text(name, choice, value) for choice in choices)


def _is_anything_but(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        return not any(_compares(name, choice, value) for name, choice in wanted.items())
    return not any(_same(one, value) for one in (wanted if isinstance(wanted, list) else [wanted]))


def _text(name: str, choice: Any, value: str) -> bool:
    if isinstance(choice, Mapping):  # {"prefix": {"equals-ignore-case": "eu-"}}
        choice, value = str(choice.get("equals-ignore-case", "")).lower(), value.lower()
    match name:
        case "prefix":
            return value.startswith(choice)
        case "suffix":
            return value.endswith(choice)
        case "equals-ignore-case":
            return value.lower() == str(choice).lower()
        case "wildcard":
            return re.fullmatch(_expression(choice), value, re.DOTALL) is not None
    return _within(choice, value)


def _expression(wildcard: str) -> str:
    r"""A wildcard as a regular expression: ``*`` is anything, ``\*`` a star."""
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", wildcard)
    return "".join(".*" if part == "*" else re.escape(part[1] if part in ("\\*", "\\\\") else part) for part in parts)


def _within(block: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(block)
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
