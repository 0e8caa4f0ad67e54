"""Results, gradebooks and hand-ins to test with: small, and made of the same data as real ones."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader import result
from grader.notebooks import SCHEMA
from grader.result import CellResult, QuestionResult, Result

LAB = "02-task-definitions"
TITLES = {"2.1": "A definition by hand", "2.2": "Revisions", "2.3": "Predict: how many fit?", "2.4": "Enough memory"}
POINTS = {"2.1": 4.0, "2.2": 3.0, "2.3": 1.0, "2.4": 2.0}


def finding(text: str, *, passed: bool = True, code: str = "", advice: str = "") -> dict[str, Any]:
    return {"passed": passed, "text": text, "code": code, "advice": advice, "weight": 1}


def question(
    number: str, share: float, findings: Iterable[Mapping[str, Any]] = (), outcome: str = ""
) -> QuestionResult:
    points = POINTS.get(number, 1.0)
    named = outcome or ("correct" if share == 1 else "partial" if share > 0 else "incorrect")
    return QuestionResult(
        question=number, grade_id=f"q{number.replace('.', '-')}-score", title=TITLES.get(number, f"Question {number}"),
        outcome=named, score=round(points * share, 2), points=points, message=f"{named}: {points * share:g} points.",
        findings=tuple(findings), seconds=0.05,
    )  # fmt: skip


def graded(
    student: str, shares: Mapping[str, float] | None = None, *, questions: Sequence[QuestionResult] = (),
    cells: Sequence[CellResult] = (), assignment: str = LAB, why: str = "Graded.", notes: Sequence[str] = (),
    lab_seconds: float = 600.0, seconds: float = 0.4,
) -> Result:  # fmt: skip
    """A result; ``shares`` are parts of the points by question."""
    made = tuple(questions) or tuple(question(number, share) for number, share in (shares or {}).items())
    own = tuple(cells) or tuple(
        CellResult(grade_id=one.grade_id.replace("score", "solution"), seconds=0.1) for one in made
    )
    story = ({"at": 1000.0, "kind": "a", "text": "", "subject": ""}, {"at": 1000.0 + lab_seconds, "kind": "b"})
    return Result(
        student=student, assignment=assignment, sandbox="bubblewrap", seed=1, digest="d", why=why, seconds=seconds,
        questions=made, cells=own, notes=tuple(notes), story=story, graded_at="2026-11-23T22:00:00Z",
    )  # fmt: skip


def kept(course: Path, *results: Result) -> Path:
    for one in results:
        result.save(course, one)
    return course


def a_class(size: int = 60, seed: int = 7) -> list[Result]:
    """A class as classes are: most get most of it, one question is answered by chance, some need help."""
    dice = random.Random(seed)
    return [_somebody(f"student{number:03d}", dice) for number in range(size)]


def _somebody(name: str, dice: random.Random) -> Result:
    skill = dice.betavariate(2, 1.2)
    parts, cells = [], []
    for number, hard in zip(TITLES, (0.25, 0.45, 0.5, 0.7), strict=True):
        chance = 0.5 if number == "2.3" else min(0.97, max(0.03, 1.7 * (skill - hard) + 0.5))
        drawn = dice.random()
        share = 1.0 if drawn < chance else 0.5 if drawn < chance + 0.15 and number != "2.3" else 0.0
        absent = share == 0 and dice.random() < (0.6 - skill) * 0.7
        failed = dice.choice(_WRONG[number])
        found = [] if absent else [finding("The family is registered.")]
        found += [] if share == 1 or absent else [finding(*failed[:1], passed=False, code=failed[1], advice=failed[2])]
        parts.append(question(number, share, found, "not_attempted" if absent else ""))
        slow = dice.expovariate(1 / (0.9 if number == "2.4" else 0.2))
        error = "ClientException: No cluster." if dice.random() < 0.06 else ""
        cells.append(CellResult(grade_id=f"q{number.replace('.', '-')}-solution", seconds=slow, error=error))
    return graded(
        name, questions=parts, cells=cells, lab_seconds=dice.uniform(200, 3000), seconds=dice.uniform(0.2, 1.5)
    )


_WRONG = {
    "2.1": (
        ("The task has no log of its own: `cpu` stands in the container.", "T12", "Task level: text. Try `cpu='256'`."),
        ("Nothing listens on port 80.", "port", "portMappings takes a list of containerPort."),
    ),
    "2.2": (("The old revision still runs.", "T31", "Run a task of the new revision, then stop the old one."),),
    "2.3": (("7 tasks fit, you said 12.", "T44", "Divide the registered memory by the reservation, rounded down."),),
    "2.4": (
        ("The container was killed: exit code 137.", "T45", "Raise the container's hard limit, not the task's."),
        ("The task has 2048 MiB, ten times what it needs.", "much", "Between 160 and 256 is enough."),
    ),
}


# ── notebooks ─────────────────────────────────────────────────────────────────────────────────────────────────


def notebook(cells: Mapping[str, str], *, marked: bool = True) -> str:
    """An ``.ipynb`` with a solution cell for each name."""
    made = []
    for name, source in cells.items():
        marks = {"grade_id": name, "solution": True, "grade": False, "locked": False, "task": False,
                 "schema_version": SCHEMA, "cell_type": "code"}  # fmt: skip
        cell = {"cell_type": "code", "source": source.splitlines(keepends=True), "id": re.sub(r"\W", "-", name),
                "metadata": {"nbgrader": marks} if marked else {}, "outputs": [], "execution_count": None}  # fmt: skip
        made.append(cell)
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def handed_in(course: Path, student: str, cells: Mapping[str, str], assignment: str = LAB) -> Path:
    return put(course / "submitted" / student / assignment / f"{assignment}.ipynb", notebook(cells))


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
