"""What came of one submission: scores with their reasons, and the evidence they can be judged from again.

Data and its JSON form, nothing else. One file for each submission, ``evidence/STUDENT/ASSIGNMENT.json.gz`` in the
course folder. Invariant: every submission gets a result, 0 points where nothing could be graded, and a sentence why.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1
FOLDER = "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """What a score cell gave. ``findings`` are those of the check, each with code, text, passed, weight, advice."""

    question: str
    grade_id: str
    title: str
    outcome: str
    score: float
    points: float
    message: str
    findings: tuple[Mapping[str, Any], ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """How a cell of the learner ran: real seconds, the error it ended with ("" for none), its outputs for feedback."""

    grade_id: str
    seconds: float
    error: str = ""
    outputs: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A graded submission. ``why`` is one sentence on the whole; ``notes`` what a teacher should know besides.

    ``tape`` is every request that reached the lab, in order, with the places where scores were taken: played again
    into an empty lab of the same ``seed`` it leads to the same state. ``story`` is the lab's journal for feedback.
    """

    student: str
    assignment: str
    sandbox: str
    seed: int
    digest: str
    why: str
    seconds: float
    questions: tuple[QuestionResult, ...] = ()
    cells: tuple[CellResult, ...] = ()
    notes: tuple[str, ...] = ()
    story: tuple[Mapping[str, Any], ...] = ()
    tape: tuple[Mapping[str, Any], ...] = ()
    graded_at: str = ""
    version: int = field(default=VERSION)

    @property
    def score(self) -> float:
        """Points of all questions together."""
        return sum(question.score for question in self.questions)

    @property
    def points(self) -> float:
        """The most that all questions together can give."""
        return sum(question.points for question in self.questions)

    def to_json(self) -> dict[str, Any]:
        """The result as its file holds it."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Result:
        """Read what ``to_json`` wrote."""
        parts = dict(said)
        parts["questions"] = tuple(
            QuestionResult(**{**one, "findings": tuple(one["findings"])}) for one in said["questions"]
        )
        parts["cells"] = tuple(CellResult(**{**one, "outputs": tuple(one["outputs"])}) for one in said["cells"])
        for name in ("notes", "story", "tape"):
            parts[name] = tuple(said[name])
        return cls(**parts)


def path_of(course: Path, student: str, assignment: str) -> Path:
    """Where a submission's result is kept."""
    return course / FOLDER / student / f"{assignment}.json.gz"


def save(course: Path, result: Result) -> Path:
    """Write a result so that a reader sees all of it or the one before."""
    path = path_of(course, result.student, result.assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(gzip.compress(json.dumps(result.to_json(), separators=(",", ":")).encode(), 5, mtime=0))
    draft.replace(path)
    return path


def load(path: Path) -> Result:
    """Read one result. Errors: OSError and ValueError for a file that is not whole."""
    return Result.from_json(json.loads(gzip.decompress(path.read_bytes())))


def results(course: Path, assignment: str) -> Iterator[Result]:
    """Every result of an assignment, by student."""
    for path in sorted((course / FOLDER).glob(f"*/{assignment}.json.gz")):
        yield load(path)
