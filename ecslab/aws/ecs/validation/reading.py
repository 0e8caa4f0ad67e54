"""A RegisterTaskDefinition request made safe to read: whatever has the wrong type reads as absent.

Not the model (``ecslab.model.definition`` parses what validation accepted) and no judge: ``shape`` reports wrong
types, so that every other rule may trust what it reads here. Invariant: nothing in this module raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.aws.ecs.validation.fault import Fault, Severity
from ecslab.aws.ecs.validation.places import Place, places

Json = Mapping[str, Any]


def text(parent: Json, key: str) -> str:
    """The string there, else empty."""
    value = parent.get(key)
    return value if isinstance(value, str) else ""


def number(parent: Json, key: str) -> int | None:
    """The integer there, else None."""
    value = parent.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def record(parent: Json, key: str) -> Json:
    """The object there, else an empty one."""
    value = parent.get(key)
    return value if isinstance(value, Mapping) else {}


def items(parent: Json, key: str) -> list[Any]:
    """The list there, else an empty one."""
    value = parent.get(key)
    return list(value) if isinstance(value, list | tuple) else []


def records(parent: Json, key: str) -> list[Json]:
    """The objects of the list there, one for each entry, so that positions stay true."""
    return [entry if isinstance(entry, Mapping) else {} for entry in items(parent, key)]


def texts(parent: Json, key: str) -> list[str]:
    """The strings of the list there, one for each entry."""
    return [entry if isinstance(entry, str) else "" for entry in items(parent, key)]


def given(parent: Json, key: str) -> bool:
    """Whether something is really asked for: not null, false or empty (consoles export those for "unset")."""
    value = parent.get(key)
    if value is None or value is False:
        return False
    return not isinstance(value, str | list | tuple | Mapping) or len(value) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container definition and how to speak of it."""

    wire: Json
    index: int

    @property
    def name(self) -> str:
        """Its name, empty where it has none."""
        return text(self.wire, "name")

    @property
    def title(self) -> str:
        """How a sentence calls it."""
        return f"container '{self.name}'" if self.name else f"container number {self.index + 1}"

    @property
    def essential(self) -> bool:
        """``essential`` defaults to true."""
        return self.wire.get("essential") is not False

    def fault(
        self, field: str, message: str, advice: str, *, severity: Severity = Severity.ERROR, **more: str
    ) -> Fault:
        """A fault in a field of this container; ``advice`` goes on after "In container 'x', "."""
        path = f"containerDefinitions[{self.index}].{field}"
        return Fault(field=path, message=message, advice=f"In {self.title}, {advice}", severity=severity, **more)

    def warning(self, field: str, message: str, advice: str) -> Fault:
        """The same, as a WARNING."""
        return self.fault(field, message, advice, severity=Severity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The whole request, and what most rules ask of it."""

    wire: Json
    containers: tuple[Container, ...]
    volumes: tuple[Json, ...]
    requires: frozenset[str]
    network_mode: str
    places: tuple[Place, ...]

    @property
    def fargate(self) -> bool:
        """FARGATE is among ``requiresCompatibilities``: only then does AWS hold Fargate's rules against it."""
        return "FARGATE" in self.requires

    @property
    def external(self) -> bool:
        """EXTERNAL (ECS Anywhere) is required."""
        return "EXTERNAL" in self.requires

    @property
    def managed(self) -> bool:
        """MANAGED_INSTANCES is required."""
        return "MANAGED_INSTANCES" in self.requires

    @property
    def awsvpc(self) -> bool:
        """Every task gets a network interface of its own."""
        return self.network_mode == "awsvpc"

    @property
    def windows(self) -> bool:
        """The runtime platform is a Windows."""
        return text(record(self.wire, "runtimePlatform"), "operatingSystemFamily").startswith("WINDOWS")

    @property
    def execution_role(self) -> bool:
        """A task execution role is named."""
        return bool(text(self.wire, "executionRoleArn"))

    def container(self, name: str) -> Container | None:
        """The container of that name."""
        return next((c for c in self.containers if c.name == name), None)


def read(wire: Json) -> Definition:
    """The request as rules read it. ``networkMode`` defaults to bridge (EC2 Linux)."""
    return Definition(
        wire=wire,
        containers=tuple(Container(wire=c, index=i) for i, c in enumerate(records(wire, "containerDefinitions"))),
        volumes=tuple(records(wire, "volumes")),
        requires=frozenset(texts(wire, "requiresCompatibilities")),
        network_mode=text(wire, "networkMode") or "bridge",
        places=places(wire),
    )
