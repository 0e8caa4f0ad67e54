"""Answers as JSON, by botocore's model: what moto's serializer gives, at a fraction of its cost.

moto asks six providers of aliases anew for every member of every object; here they are asked once for each kind of
object and remembered. Only for answers of ECS that are no errors. Invariant: the same bytes as moto's
(``tests/aws/test_wire.py`` compares them over the answers of every operation).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from moto.core.serialize import AttributePickerContext, XFormedAttributePicker

Transformers = Mapping[str, Callable[[Any], Any]]
_MISSING = object()
_picker = XFormedAttributePicker()
_keys: dict[tuple[type, str, str, str], tuple[str, ...]] = {}


def body(shape: Any, result: Any, transformers: Transformers) -> str:
    """The body of an answer whose output has ``shape``."""
    return json.dumps({} if shape is None else _Writer(transformers).structure(shape, result, (shape.name,)))


class _Writer:
    """Walks one answer; ``path`` is what moto calls it: names of members and, inside lists, of shapes."""

    def __init__(self, transformers: Transformers) -> None:
        self._transformers = transformers
        self._last = {name.rpartition(".")[2] for name in transformers}
        self._kinds: dict[str, Callable[[Any, Any, tuple[str, ...]], Any]] = {
            "structure": self.structure,
            "list": self.items,
            "map": self.mapping,
        }

    def value(self, shape: Any, found: Any, path: tuple[str, ...]) -> Any:
        """One value of any shape."""
        kind = shape.type_name
        walk = self._kinds.get(kind)
        return _SIMPLE.get(kind, _plain)(found) if walk is None else walk(shape, found, path)

    def structure(self, shape: Any, found: Any, path: tuple[str, ...]) -> Any:
        """An object: the members that are not None."""
        if shape.is_document_type:
            return found
        written: dict[str, Any] = {}
        for name, member in shape.members.items():
            value = self._member(shape, member, name, found)
            if name in self._last:
                value = self._transformed(value, (*path, name))
            if value is not None:
                written[member.serialization.get("name", name)] = self.value(member, value, (*path, name))
        return written

    def items(self, shape: Any, found: Any, path: tuple[str, ...]) -> list[Any]:
        """A list; what is None in it stays so."""
        member = shape.member
        below = (*path, member.name)
        return [None if one is None else self.value(member, one, below) for one in found]

    def mapping(self, shape: Any, found: Any, path: tuple[str, ...]) -> dict[str, Any]:
        """A map of names to values."""
        return {key: self.value(shape.value, one, (*path, key)) for key, one in found.items()}

    def _member(self, shape: Any, member: Any, name: str, found: Any) -> Any:
        known = (type(found), shape.name, name, member.name)
        keys = _keys.get(known)
        if keys is None:
            member.parent = shape
            context = AttributePickerContext(obj=found, key=name, shape=member)
            keys = _keys[known] = tuple(dict.fromkeys(_picker.get_possible_keys(context)))
        if isinstance(found, dict):
            for key in keys:
                if key in found:
                    return found[key]
            return None
        for key in keys:
            value = getattr(found, key, _MISSING)
            if value is not _MISSING:
                return value
        return None

    def _transformed(self, value: Any, path: tuple[str, ...]) -> Any:
        place = ".".join(path)
        for ending, transform in self._transformers.items():
            if place.endswith(ending):
                return transform(value)
        return value


def _text(found: Any) -> Any:
    if isinstance(found, Enum):
        found = found.value
    return str(found) if found not in (None, {}, []) else found


def _when(found: Any) -> Any:
    """A time as AWS's JSON has it: seconds since the epoch, to the millisecond."""
    moment = found if isinstance(found, datetime) else datetime.fromtimestamp(float(found), UTC)
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole + (moment.microsecond // 1000) / 1000.0 if moment.microsecond else whole


def _plain(found: Any) -> Any:
    return found


_SIMPLE: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "timestamp": _when,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}
