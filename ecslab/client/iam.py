"""IAM as a learner sees it from the notebook: why a call was denied, and keys to call as somebody else.

It holds what the server said and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecslab.client.cards import clock, pill
from ecslab.client.html import page, tag
from ecslab.client.transport import Json, Transport
from ecslab.timeline import iso


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Denial:
    """One denied call: AWS's message, and in sentences who decided, or the nearest miss."""

    action: str
    resource: str
    principal: str
    message: str
    decided_by: str = ""
    sentences: tuple[str, ...] = ()
    at: float = 0.0

    @classmethod
    def read(cls, said: Json) -> Denial:
        """The denial in the server's words."""
        statement = str(said.get("statement") or "")
        decided_by = ", ".join(part for part in (str(said.get("decided_by") or ""), statement) if part)
        return cls(
            action=str(said.get("action", "")),
            resource=str(said.get("resource", "")),
            principal=str(said.get("principal", "")),
            message=str(said.get("message", "")),
            decided_by=decided_by,
            sentences=tuple(str(s) for s in said.get("sentences", ())),
            at=float(said.get("at", 0.0)),
        )

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("action", self.action), ("resource", self.resource), ("principal", self.principal)]
        return [*rows, ("decided by", self.decided_by or "no statement: what is not allowed is denied")]

    def __repr__(self) -> str:
        rows = [f"  {name:<11}{value}" for name, value in self._rows()]
        said = [f"  • {sentence}" for sentence in self.sentences]
        return "\n".join([f"{iso(self.at)[11:19]}  ✗ {self.action} was denied", *rows, *said])

    def _repr_html_(self) -> str:
        head = tag(
            "div", clock(self.at), tag("span", self.action, class_="title"), pill("denied", "bad"), class_="e-row"
        )
        rows = [tag("tr", tag("th", name, scope="row"), tag("td", tag("code", value))) for name, value in self._rows()]
        said = tag("ul", *(tag("li", sentence) for sentence in self.sentences), class_="plain")
        return page(tag("div", head, tag("table", tag("tbody", *rows)), said, class_="note bad"))


class Denials(list[Denial]):
    """The latest denials, newest first; shown is the newest."""

    def __repr__(self) -> str:
        return repr(self[0]) if self else "(nothing was denied)"

    def _repr_html_(self) -> str:
        return self[0]._repr_html_() if self else page(tag("div", "Nothing was denied.", class_="soft"))


def why_denied(transport: Transport, subject: str) -> Denials:
    """The denials of a role, a user or a task ("" for everybody's), newest first."""
    return Denials(Denial.read(said) for said in transport.get("iam/denied", principal=subject or None)["denied"])


def credentials(transport: Transport, *, user: str = "", role: str = "") -> dict[str, Any]:
    """boto3's arguments that sign as an IAM user or as a session of a role. LabError for one that does not exist."""
    said = transport.post("iam/keys", user=user or None, role=role or None)
    return {
        "aws_access_key_id": said["access_key_id"],
        "aws_secret_access_key": said["secret_access_key"],
        "aws_session_token": said.get("token"),
    }
