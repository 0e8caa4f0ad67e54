"""What a worker told about a submission, made into its result: every question has a score and a sentence.

Invariant: points come only from ``question`` events, which the trusted side emits; a question without one has 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ecslab.checks.percent import Role
from ecslab.checks.variant import seed_of
from ecslab.timeline import iso
from grader.build import Lab
from grader.notebooks import named
from grader.result import CellResult, QuestionResult, Result

Json = Mapping[str, Any]


def result_of(lab: Lab, student: str, answer: Json, now: float) -> Result:
    """The result of one submission from a worker's answer. ``now`` is real seconds since the epoch."""
    end = _one(answer["events"], "end")
    failure = str(answer.get("failure") or "")
    found = {one["grade_id"]: one for one in _all(answer["events"], "question")}
    questions = tuple(
        QuestionResult(**{**found[name], "findings": tuple(found[name]["findings"])})
        if name in found
        else _unscored(lab, name, cell.question, failure)
        for name, cell in named(lab.cells)
        if cell.role is Role.SCORE
    )
    cells = tuple(CellResult(**{**one, "outputs": tuple(one["outputs"])}) for one in _all(answer["events"], "cell"))
    return Result(
        student=student,
        assignment=lab.name,
        sandbox=str(answer.get("sandbox", "")),
        seed=seed_of(student),
        digest=str(answer.get("digest", "")),
        why=failure or _why(questions, end),
        seconds=round(float(answer.get("seconds", 0.0)), 3),
        questions=questions,
        cells=cells,
        notes=(*answer.get("notes", ()), *_notes(end)),
        story=tuple(end.get("story", ())),
        tape=tuple(end.get("tape", ())),
        graded_at=iso(now),
    )


def regraded(result: Result, events: Iterable[Json], now: float) -> Result:
    """The result with the scores of some questions taken anew; what cannot be looked at any more stays as it was."""
    found = [one for one in _all(events, "question") if one["outcome"] != "uncheckable"]
    fresh = {one["question"]: one for one in found}
    questions = tuple(
        QuestionResult(
            **{
                **fresh[one.question],
                "grade_id": one.grade_id,
                "findings": tuple(fresh[one.question]["findings"]),
            }
        )
        if one.question in fresh
        else one
        for one in result.questions
    )
    parts = {name: getattr(result, name) for name in Result.__slots__}
    return Result(**{**parts, "questions": questions, "why": _why(questions, {}), "graded_at": iso(now)})


def _unscored(lab: Lab, name: str, question: str, failure: str) -> QuestionResult:
    return QuestionResult(
        question=question,
        grade_id=name,
        title="",
        outcome="not_attempted",
        score=0.0,
        points=lab.points[question],
        message=failure or "Grading ended before this question was reached.",
    )


def _why(questions: tuple[QuestionResult, ...], end: Json) -> str:
    right = sum(one.outcome == "correct" for one in questions)
    text = f"{right} of {len(questions)} questions are right."
    return f"{text} The notebook did not run to its end: {end['ended']}." if end.get("ended") else text


def _notes(end: Json) -> list[str]:
    notes = [
        f"Asked {count} times for what a graded notebook may not have: {what}."
        for what, count in sorted(end.get("refused", {}).items())
    ]
    return notes + [f"The lab reported a failure of its own: {error}" for error in end.get("errors", ())]


def _all(events: Iterable[Json], kind: str) -> list[Json]:
    return [event[kind] for event in events if kind in event]


def _one(events: Iterable[Json], kind: str) -> Json:
    found = _all(events, kind)
    return found[-1] if found else {}


def when(text: str) -> datetime:
    """A time of a result as a datetime of UTC without its zone, as nbgrader keeps them."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).replace(tzinfo=None)
