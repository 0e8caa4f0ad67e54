"""The source of a lab: a percent notebook ``lab.py`` read as cells.

Not the builder of notebooks (``grader.notebooks``) and not a runner. Invariants: every cell that belongs to a
question names it in its marker (``# %% question="2.1" role="solution"``); reading changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ecslab.errors import LabError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


class Role(StrEnum):
    """What a cell is for. ``TEXT`` is everything without a role of its own; ``MANUAL`` is what a person grades."""

    TEXT = "text"
    SETUP = "setup"
    SOLUTION = "solution"
    ANSWER = "answer"
    MANUAL = "manual"
    CHECK = "check"
    SCORE = "score"


WRITTEN = (Role.SOLUTION, Role.ANSWER, Role.MANUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell. ``kind`` is "code" or "markdown"; ``question`` is empty where it belongs to none.

    ``needs`` of a cell to write in: the questions that must be answered before it, None for all before it.
    """

    kind: str
    source: str
    role: Role = Role.TEXT
    question: str = ""
    points: float | None = None
    needs: tuple[str, ...] | None = None

    @property
    def written(self) -> bool:
        """True where the learner writes."""
        return self.role in WRITTEN


def read(path: Path) -> tuple[Cell, ...]:
    """The cells of ``lab.py``. Errors: LabError naming the file and the cell that is not right."""
    import jupytext  # late: only solutions and the grader read labs

    try:
        notebook = jupytext.read(str(path), fmt="py:percent")
    except OSError as missing:
        raise LabError(
            f"The lab's source {path} cannot be read: {missing.strerror}.", "Is the labs folder whole?"
        ) from missing
    return tuple(_cell(path, number, raw) for number, raw in enumerate(notebook.cells, 1))


def solution(source: str) -> str:
    """What stands between the solution markers; the whole cell where there are none."""
    if BEGIN not in source:
        return source
    return "\n".join(line for line in source.split("\n") if line.strip() not in (BEGIN, END))


def _cell(path: Path, number: int, raw: Any) -> Cell:
    marker = raw.metadata
    try:
        role = Role(marker.get("role", Role.TEXT))
    except ValueError:
        raise LabError(
            f"{path}: cell {number} has the role {marker['role']!r}.", f"Use one of: {', '.join(Role)}."
        ) from None
    question = str(marker.get("question", ""))
    if role in (*WRITTEN, Role.SCORE, Role.CHECK) and not question:
        raise LabError(
            f"{path}: cell {number} has the role {role} but no question.", 'Add question="2.1" to its marker.'
        )
    points = marker.get("points")
    if role in (Role.SCORE, Role.MANUAL) and not isinstance(points, int | float):
        raise LabError(f"{path}: the {role} cell of question {question} has no points.", "Add points=3 to its marker.")
    needs = tuple(str(marker["needs"]).split()) if "needs" in marker else None
    return Cell(kind=raw.cell_type, source=raw.source, role=role, question=question, points=points, needs=needs)
