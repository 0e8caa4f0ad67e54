"""What was asked for in a lab and is only pretended there, as a learner sees it. It holds what the server said."""

from __future__ import annotations

from dataclasses import dataclass

from ecslab.client.html import page, tag
from ecslab.client.transport import Transport

NOTHING = "Nothing that was asked for so far is only pretended."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretence:
    """A part of a request that was accepted and shown, and has not the effect it has on AWS."""

    operation: str
    parameter: str
    value: str
    times: int
    why: str


class Pretences(list[Pretence]):
    """All of them, in the order of asking."""

    def __repr__(self) -> str:
        return "\n".join(f"{p.operation} {p.parameter} ({p.value}): {p.why}" for p in self) or NOTHING

    def _repr_html_(self) -> str:
        if not self:
            return page(tag("div", NOTHING, class_="soft"))
        head = tag("tr", *(tag("th", name, scope="col") for name in ("asked for", "value", "here")))
        rows = [
            tag(
                "tr",
                tag("th", tag("code", f"{p.operation} {p.parameter}"), scope="row"),
                tag("td", tag("code", p.value)),
                tag("td", p.why),
            )
            for p in self
        ]
        return page(tag("table", tag("thead", head), tag("tbody", *rows)))


def pretended(transport: Transport) -> Pretences:
    """What was asked for in this lab so far."""
    return Pretences(Pretence(**row) for row in transport.get("pretended")["rows"])
