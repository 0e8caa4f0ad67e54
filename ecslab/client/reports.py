"""What the lab answers a learner: a report, a score, hints, logs, reasons, the story, a page.

Each reads well as text (``repr``) and as HTML. They hold data the server sent and decide nothing. Invariant:
``Score`` is a plain number for whoever reads its text, so nbgrader takes it for partial credit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.client import cards
from ecslab.client.transport import Json
from ecslab.timeline import iso

MARKS = {"correct": "✓", "partial": "◐", "incorrect": "✗", "not_attempted": "○", "uncheckable": "?"}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Report:
    """What a check found. ``outcome`` is correct, partial, incorrect, not_attempted or uncheckable."""

    question: str
    title: str
    outcome: str
    score: float
    points: float
    message: str
    findings: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def read(cls, said: Json) -> Report:
        """The report in the server's words."""
        return cls(
            question=said["question"],
            title=said["title"],
            outcome=said["outcome"],
            score=float(said["score"]),
            points=float(said["points"]),
            message=said.get("message", ""),
            findings=tuple(said.get("findings", ())),
        )

    def __bool__(self) -> bool:
        return self.outcome == "correct"

    def __repr__(self) -> str:
        lines = [f"{MARKS.get(self.outcome, '?')} {self.question} {self.title}", self.message]
        lines += [f"  {'✓' if found['passed'] else '✗'} {found['text']}{_advice(found)}" for found in self.findings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return cards.report(self, MARKS.get(self.outcome, "?"))


def _advice(found: Mapping[str, Any]) -> str:
    return f" {found['advice']}" if not found["passed"] and found.get("advice") else ""


class Score(float):
    """The points of a question: a float in every way, that also shows what was found."""

    report: Report

    def __new__(cls, report: Report) -> Score:
        score = super().__new__(cls, report.score)
        score.report = report
        return score

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.report,))

    def _repr_html_(self) -> str:
        return cards.score(self.report)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Hint:
    """One hint; ``step`` counts from 0, of ``steps``."""

    question: str
    text: str
    step: int
    steps: int

    def __repr__(self) -> str:
        return f"Hint {self.step + 1} of {self.steps}: {self.text}"

    def _repr_html_(self) -> str:
        return cards.hint(f"Hint {self.step + 1} of {self.steps}", self.text)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Solution:
    """One solution of many, as Markdown."""

    question: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


class Logs(list[str]):
    """The lines a task's containers wrote, oldest first; ``lines`` has container and lab time of each."""

    def __init__(self, lines: Sequence[Json]) -> None:
        super().__init__(str(line["message"]) for line in lines)
        self.lines = tuple(lines)

    def __str__(self) -> str:
        several = len({line["container"] for line in self.lines}) > 1
        said = (f"{line['container']} | {line['message']}" if several else line["message"] for line in self.lines)
        return "\n".join(said)

    def __repr__(self) -> str:
        return str(self) or "(no output yet)"

    def _repr_html_(self) -> str:
        return cards.logs(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Why:
    """Why a task or service is as it is; ``rows`` one for each instance that was looked at."""

    subject: str
    sentences: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...] = ()

    def __repr__(self) -> str:
        rows = [f"  {row['instance']}: {row['verdict']}{_because(row)}" for row in self.rows]
        return "\n".join([*self.sentences, *rows])

    def _repr_html_(self) -> str:
        return cards.why(self.sentences, self.rows)


def _because(row: Mapping[str, str]) -> str:
    return f", {row['reason']}" if row.get("reason") and row["reason"] != row["verdict"] else ""


class Story(list[Json]):
    """The journal's entries, oldest first, as sentences with lab times."""

    def sentences(self) -> list[str]:
        """Only the sentences."""
        return [str(entry["text"]) for entry in self]

    def __repr__(self) -> str:
        return "\n".join(f"{iso(entry['at'])[11:19]}  {entry['text']}" for entry in self) or "(nothing happened yet)"

    def _repr_html_(self) -> str:
        return cards.story(self)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Page:
    """What a task answered over HTTP."""

    status: int
    text: str
    url: str

    def __repr__(self) -> str:
        return f"HTTP {self.status} from {self.url}\n{self.text}"
