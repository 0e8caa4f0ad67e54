"""The shape of a RegisterTaskDefinition request: AWS's own API model, and every value of a request beside it.

The model is botocore's (the one moto parses with), compiled once into plain tuples; nothing of it is copied
here. It judges nothing: ``shape`` has the rules. Invariant: a null member is an absent one, as on AWS; a null
in a list has the wrong type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shape of the API model: a structure's members, a list's or map's element, or a scalar."""

    kind: str
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    element: Shape | None = None
    enum: tuple[str, ...] = ()


_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list, tuple),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}


@cache
def request_shape() -> Shape:
    """RegisterTaskDefinition's input, read once from the installed botocore."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    model = ServiceModel(Loader().load_service_model("ecs", "service-2"))
    return _compile(model.operation_model("RegisterTaskDefinition").input_shape)


def _compile(shape: Any) -> Shape:
    kind = str(shape.type_name)
    if kind == "structure":
        members = {name: _compile(member) for name, member in shape.members.items()}
        return Shape(kind=kind, members=members, required=tuple(shape.required_members))
    if kind in ("list", "map"):
        return Shape(kind=kind, element=_compile(shape.member if kind == "list" else shape.value))
    return Shape(kind=kind, enum=tuple(getattr(shape, "enum", ())))


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the request something stands, with its value and its shape."""

    path: str
    value: Any
    shape: Shape

    @property
    def right(self) -> bool:
        """Whether the value has the type of its shape."""
        if isinstance(self.value, bool):
            return self.shape.kind == "boolean"
        return isinstance(self.value, _TYPES.get(self.shape.kind, (object,)))


def places(wire: Mapping[str, Any]) -> tuple[Place, ...]:
    """Every value of a request, outermost first."""
    return tuple(walk(Place("", wire, request_shape())))


def walk(place: Place) -> Iterator[Place]:
    """Every value of the request that the model knows, outermost first; nothing under a value of wrong type."""
    yield place
    if not place.right:
        return
    if place.shape.kind == "structure":
        for name, value in place.value.items():
            member = place.shape.members.get(name)
            if member is not None and value is not None:
                yield from walk(Place(f"{place.path}.{name}" if place.path else name, value, member))
    elif place.shape.element is not None:
        pairs = place.value.items() if place.shape.kind == "map" else enumerate(place.value)
        for key, value in pairs:
            yield from walk(Place(f"{place.path}[{key}]", value, place.shape.element))
