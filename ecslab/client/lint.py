"""What is wrong with a task definition, all of it at once, as a learner sees it. It holds what the server found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.client.cards import pill
from ecslab.client.html import page, tag
from ecslab.client.transport import Json, Transport

NOTHING = "Nothing is wrong with it: it would be registered."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong. An ``ERROR`` is refused; a ``WARNING`` registers, but probably not as meant."""

    severity: str
    field: str
    message: str
    advice: str
    rule: str
    source: str

    @property
    def is_error(self) -> bool:
        """Whether RegisterTaskDefinition refuses the definition for it."""
        return self.severity == "ERROR"


class Lint(list[Fault]):
    """All faults, in the order in which they are found; it is true where there is no ERROR among them."""

    @classmethod
    def read(cls, said: Json) -> Lint:
        """The faults in the server's words."""
        return cls(Fault(**fault) for fault in said["faults"])

    def __bool__(self) -> bool:
        return not any(fault.is_error for fault in self)

    def __repr__(self) -> str:
        lines = [f"{'✗' if f.is_error else '!'} {f.field}: {f.message} {f.advice}" for f in self]
        return "\n".join(lines) or NOTHING

    def _repr_html_(self) -> str:
        if not len(self):
            return page(tag("div", pill("no faults", "good"), " ", NOTHING))
        rows = [
            tag(
                "tr",
                tag("td", pill(f.severity.lower(), "bad" if f.is_error else "warn")),
                tag("th", tag("code", f.field), scope="row"),
                tag("td", f.message, " ", tag("span", f.advice, class_="soft")),
            )
            for f in self
        ]
        return page(tag("table", tag("tbody", *rows)))


def lint(transport: Transport, definition: Mapping[str, Any]) -> Lint:
    """Everything that is wrong with a RegisterTaskDefinition request (camelCase, as boto3 takes it)."""
    return Lint.read(transport.post("lint", definition=dict(definition)))
