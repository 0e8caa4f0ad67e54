"""Final grades: what counts in the end, of every student and assignment.

Not an export format (``exports``). Invariants: where nbgrader's gradebook knows a submission its score counts (points
given by hand, extra credit and late penalties are in it), else the recorded result's; who handed in nothing has None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecslab.errors import LabError
from grader.classroom import evidence
from grader.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A student's final grade for an assignment. ``score`` is in points, after ``penalty``; None: nothing handed in.

    ``lms`` is the student's number in a learning platform, where the gradebook knows one; ``pending`` says that cells
    still wait to be graded by hand.
    """

    student: str
    assignment: str
    score: float | None
    points: float
    raw: float | None = None
    penalty: float = 0.0
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms: str = ""
    pending: bool = False
    source: str = "grader"

    @property
    def name(self) -> str:
        """ "Last, First" as far as known, else the student's id."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part) or self.student


def finals(course: Path, db_url: str = "", course_id: str = "") -> list[Final]:
    """Every final grade of a course, by assignment and student."""
    recorded = {name: evidence.read(course, name).results for name in evidence.assignments(course)}
    return merged(booked(course, db_url, course_id), recorded)


def merged(from_book: Iterable[Final], recorded: Mapping[str, Sequence[Result]]) -> list[Final]:
    """The gradebook's grades, and those recorded of submissions that it does not know."""
    known = {(final.assignment, final.student): final for final in from_book}
    people = {final.student: final for final in known.values()}
    for assignment, found in recorded.items():
        most = max((result.points for result in found), default=0.0)
        for result in found:
            final = known.get((assignment, result.student))
            if final is None or final.score is None:
                known[assignment, result.student] = _recorded(result, most, people.get(result.student))
    return [known[key] for key in sorted(known)]


def booked(course: Path, db_url: str = "", course_id: str = "") -> Iterator[Final]:
    """What the course's gradebook holds (that of its nbgrader settings, or ``db_url``); nothing where there is none."""
    from grader.gradebook import settings_of, url_of

    own = settings_of(course)
    url = db_url or url_of(course, own)
    if url == f"sqlite:///{course.resolve() / 'gradebook.db'}" and not (course / "gradebook.db").is_file():
        return
    identity = course_id or own.CourseDirectory.get("course_id", "")
    from nbgrader.api import Gradebook  # takes seconds, so not before it is needed
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with Gradebook(url, identity if isinstance(identity, str) else "") as gradebook:
            yield from list(from_gradebook(gradebook))
    except (SQLAlchemyError, OSError) as error:
        reason = str(error).partition("\n")[0][:300]
        raise LabError(f"The gradebook cannot be read: {reason}.", f"Expected at {url.rpartition('@')[2]}.") from error


def from_gradebook(gradebook: Any) -> Iterator[Final]:
    """What an open ``nbgrader.api.Gradebook`` holds, in a few queries for each assignment."""
    people = {person.id: person for person in gradebook.students}
    for assignment in gradebook.assignments:
        scores = {str(row["student"]): row for row in gradebook.submission_dicts(assignment.name)}
        late = _penalties(gradebook, assignment)
        most = float(assignment.max_score or 0.0)
        for name, person in people.items():
            handed = name in late
            row = scores.get(name, {})
            raw = float(row.get("score") or 0.0) if handed else None
            penalty = late.get(name, 0.0)
            yield Final(
                student=name, assignment=assignment.name, points=most, raw=raw, penalty=penalty, source="gradebook",
                score=None if raw is None else max(0.0, raw - penalty), pending=bool(row.get("needs_manual_grade")),
                first_name=person.first_name or "", last_name=person.last_name or "", email=person.email or "",
                lms=str(getattr(person, "lms_user_id", "") or ""),
            )  # fmt: skip


def chosen(grades: Iterable[Final], assignments: Iterable[str] = (), students: Iterable[str] = ()) -> list[Final]:
    """Those of these assignments and students; of all where none are named."""
    names, people = set(assignments), set(students)
    return [g for g in grades if (not names or g.assignment in names) and (not people or g.student in people)]


def _penalties(gradebook: Any, assignment: Any) -> dict[str, float]:
    """The late penalty of everybody who handed in."""
    from nbgrader.api import SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import func

    rows = (
        gradebook.db.query(SubmittedAssignment.student_id, func.sum(SubmittedNotebook.late_submission_penalty))
        .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .filter(SubmittedAssignment.assignment_id == assignment.id)
        .group_by(SubmittedAssignment.student_id)
    )
    return {str(student): float(penalty or 0.0) for student, penalty in rows}


def _recorded(result: Result, most: float, person: Final | None) -> Final:
    return Final(
        student=result.student, assignment=result.assignment, score=result.score, points=result.points or most,
        raw=result.score, first_name=person.first_name if person else "", last_name=person.last_name if person else "",
        email=person.email if person else "", lms=person.lms if person else "",
    )  # fmt: skip
