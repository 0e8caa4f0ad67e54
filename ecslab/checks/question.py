"""A question, its outcome and the report a learner gets.

Not where questions are found (``registry``) and not what they look at (``world``). Invariants: a report's
score lies between 0 and its points; only ``correct`` carries all points; a check that raises still ends as a
report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ecslab.checks.finding import Finding, NotAttempted, Uncheckable
from ecslab.checks.variant import Recipe
from ecslab.checks.world import World

Check = Callable[[World], Iterable[Finding]]


class Outcome(StrEnum):
    """How a check ended."""

    CORRECT = "correct"
    PARTIAL = "partial"
    INCORRECT = "incorrect"
    NOT_ATTEMPTED = "not_attempted"
    UNCHECKABLE = "uncheckable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One graded exercise of a lab.

    ``number`` is "2.1" (lab, then place in the lab), ``check`` yields findings, ``hints`` go from a nudge to
    almost the answer, ``answer`` is true where the learner hands in an answer (a prediction) with
    ``lab.answer(number, …)``: without one the question counts as not attempted. ``variant`` makes what differs from
    learner to learner, out of a ``random.Random``: ``lab.variant(number)`` shows it, ``world.variant`` has it.
    """

    number: str
    title: str
    points: float
    check: Check
    hints: tuple[str, ...] = ()
    answer: bool = False
    variant: Recipe | None = None

    def __post_init__(self) -> None:
        if not self.points > 0:
            raise ValueError(f"Question {self.number} is worth {self.points} points: use more than 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the learner (and nbgrader) hears about one question. ``failure`` is our own exception, if any."""

    question: str
    title: str
    outcome: Outcome
    score: float
    points: float
    findings: tuple[Finding, ...] = ()
    message: str = ""
    failure: BaseException | None = None

    def to_json(self) -> dict[str, Any]:
        """The report as the lab's HTTP API sends it."""
        return {
            "question": self.question,
            "title": self.title,
            "outcome": str(self.outcome),
            "score": self.score,
            "points": self.points,
            "findings": [finding.to_json() for finding in self.findings],
            "message": self.message,
        }


def answered(question: Question, world: World) -> Report:
    """Run the check and judge what it found. Never raises but for KeyboardInterrupt and its kind."""
    try:
        if question.answer and world.answer() is None:
            raise NotAttempted(f'Give your answer first: lab.answer("{question.number}", …).')
        findings = tuple(question.check(world))
    except NotAttempted as absent:
        return _without_points(question, Outcome.NOT_ATTEMPTED, str(absent) or "There is nothing to check yet.")
    except Uncheckable as blocked:
        return _without_points(question, Outcome.UNCHECKABLE, str(blocked) or "This cannot be checked here.")
    except Exception as failure:
        return _without_points(question, Outcome.UNCHECKABLE, _sentence(question, failure), failure)
    return judged(question, findings)


def judged(question: Question, findings: tuple[Finding, ...]) -> Report:
    """The report for these findings: points × passed weight ÷ all weight, rounded to 2 decimals."""
    whole = sum(finding.weight for finding in findings)
    if whole <= 0:
        return _without_points(
            question,
            Outcome.UNCHECKABLE,
            f"The check of question {question.number} looked at nothing; tell the teacher.",
        )
    right = sum(finding.weight for finding in findings if finding.passed)
    outcome = _outcome(right, whole)
    score = question.points if outcome is Outcome.CORRECT else _part(question.points, right / whole)
    return Report(
        question=question.number,
        title=question.title,
        outcome=outcome,
        score=score,
        points=question.points,
        findings=findings,
        message=_message(outcome, score, question.points, findings),
    )


def _outcome(right: float, whole: float) -> Outcome:
    if right == whole:
        return Outcome.CORRECT
    return Outcome.PARTIAL if right > 0 else Outcome.INCORRECT


def _part(points: float, share: float) -> float:
    """The points for a share, to the cent; rounding never makes a partial answer a full one."""
    return max(0.0, min(round(points * share, 2), round(points - 0.01, 2)))


def _message(outcome: Outcome, score: float, points: float, findings: tuple[Finding, ...]) -> str:
    if outcome is Outcome.CORRECT:
        return f"Correct: {points:g} of {points:g} points."
    first = next(finding for finding in findings if not finding.passed)
    opening = "Partly right" if outcome is Outcome.PARTIAL else "Not yet"
    return " ".join(part for part in (f"{opening}: {score:g} of {points:g} points.", first.text, first.advice) if part)


def _sentence(question: Question, failure: Exception) -> str:
    return (
        f"The check of question {question.number} stopped with {type(failure).__name__}: {failure}. "
        "That is not your mistake: try lab.check again, and tell the teacher if it stays."
    )


def _without_points(question: Question, outcome: Outcome, message: str, failure: Exception | None = None) -> Report:
    return Report(
        question=question.number,
        title=question.title,
        outcome=outcome,
        score=0.0,
        points=question.points,
        message=message,
        failure=failure,
    )
