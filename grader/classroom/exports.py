"""Grades in the forms that other programs take: Canvas, Moodle, Gradescope, plain CSV.

Not where grades come from (``grades``). Pure functions from grades to text. Columns and matching as the platforms' own
importers read them: Canvas ``lib/gradebook_importer.rb``, Moodle ``mod/assign/feedback/offline`` and its gradebook
import, Gradescope's autograder specification (results.json). Invariants: a grade that a platform holds and we do not
know is left as it is; everybody who could not be placed is named.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.errors import LabError
from grader.classroom import sheet
from grader.classroom.grades import Final
from grader.classroom.sheet import Sheet, number
from grader.result import QuestionResult, Result

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POSSIBLE = "Points Possible"
WORKSHEET = ("Identifier", "Grade", "Last modified (grade)")
"""The columns without which Moodle refuses a grading worksheet."""
MOODLE = ("Username", "First name", "Last name", "Email address")
PLAIN = (
    "assignment", "student_id", "last_name", "first_name", "email",
    "score", "max_score", "raw_score", "late_submission_penalty", "needs_manual_grade", "source",
)  # fmt: skip
QUESTIONS = ("assignment", "student_id", "question", "title", "outcome", "score", "max_score", "message")
Feedback = Mapping[tuple[str, str], str]
"""(assignment, student) → what to tell the student."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The text of an export, and sentences on what the teacher should know about it."""

    text: str
    said: tuple[str, ...] = ()


def plain(grades: Iterable[Final]) -> Exported:
    """One row for each student and assignment."""
    rows = [
        (
            g.assignment, g.student, g.last_name, g.first_name, g.email, number(g.score), number(g.points),
            number(g.raw), number(g.penalty), "yes" if g.pending else "no", g.source,
        )
        for g in grades
    ]  # fmt: skip
    return Exported(sheet.written([PLAIN, *rows]))


def questions(results: Iterable[Result]) -> Exported:
    """One row for each student and question, as the autograder scored it: for a spreadsheet or pandas."""
    rows = [
        (r.assignment, r.student, q.question, q.title, q.outcome, number(q.score), number(q.points), q.message)
        for r in results
        for q in r.questions
    ]
    return Exported(sheet.written([QUESTIONS, *rows]))


# ── Canvas ────────────────────────────────────────────────────────────────────────────────────────────────────


def canvas(grades: Sequence[Final], roster: Sheet | None = None) -> Exported:
    """For Canvas, Grades → Import. ``roster`` is the file of Grades → Export: its students and columns are kept.

    Without one Canvas finds students by the nbgrader id, taken for their login, and asks what each column is. LabError
    for a roster that is none.
    """
    return _canvas_anew(grades) if roster is None else _canvas_filled(grades, roster)


def _canvas_anew(grades: Sequence[Final]) -> Exported:
    names = sorted({g.assignment for g in grades})
    most = _Matched(grades).points
    scores = {(g.student, g.assignment): g.score for g in grades}
    people = {g.student: g for g in grades}
    rows: list[Sequence[object]] = [(*CANVAS, *names), (POSSIBLE, "", "", "", "", *(number(most[n]) for n in names))]
    for student, known in sorted(people.items()):
        row = (number(scores.get((student, name))) for name in names)
        rows.append((known.name, known.lms, "", student, "", *row))
    return Exported(sheet.written(rows), _pending(grades))


def _canvas_filled(grades: Sequence[Final], roster: Sheet) -> Exported:
    section = roster.column("Section")
    if roster.column("Student") != 0 or roster.column("ID") != 1 or section is None:
        raise LabError("This is no gradebook of Canvas.", "Give the file of Grades → Export → Export Entire Gradebook.")
    names = sorted({g.assignment for g in grades})
    columns = {name: _canvas_column(roster, name) for name in names}
    matched = _Matched(grades)
    heads = [roster.header[place] if (place := columns[name]) is not None else name for name in names]
    rows: list[Sequence[object]] = [(*roster.header[: section + 1], *heads)]
    for row in roster.rows:
        person = row[: section + 1]
        before = [row[place] if (place := columns[name]) is not None else "" for name in names]
        if POSSIBLE in row[0]:
            ours = [number(matched.points[name]) for name in names]
            rows.append((POSSIBLE, *person[1:], *(held or new for held, new in zip(before, ours, strict=True))))
        elif any(person):  # the row that tells hidden assignments begins with nothing
            student = matched.find(row[1], *row[2 : section + 1], *_logins(row[2:section]), row[0])
            scores = [number(matched.score(student, name)) for name in names]
            rows.append((*person, *(new or held for held, new in zip(before, scores, strict=True))))
    new = [f"Canvas will ask what to do with the column {n}: it has no such assignment." for n in names
           if columns[n] is None]  # fmt: skip
    return Exported(sheet.written(rows), (*matched.unplaced(), *new, *_pending(grades)))


def _canvas_column(roster: Sheet, assignment: str) -> int | None:
    """The column of an assignment: "Title (123)" in Canvas's own files."""
    bare = [re.sub(r"\s*\(\d+\)$", "", name).strip().casefold() for name in roster.header]
    return bare.index(assignment.casefold()) if assignment.casefold() in bare else None


# ── Moodle ────────────────────────────────────────────────────────────────────────────────────────────────────


def moodle(grades: Sequence[Final], feedback: Feedback, worksheet: Sheet | None = None) -> Exported:
    """For Moodle. ``worksheet`` is an assignment's "Download grading worksheet": filled in, for "Upload grading
    worksheet". Without one: a file for Grades → Import → CSV, students by their user name. LabError.
    """
    return _moodle_anew(grades, feedback) if worksheet is None else _moodle_filled(grades, feedback, worksheet)


def comments(result: Result) -> str:
    """What a student may read about a hand-in, as HTML: Moodle shows feedback as such."""
    lines = [result.why, *(f"{q.question} {q.title}: {q.message}" for q in result.questions)]
    return "<br>".join(html.escape(" ".join(line.split())) for line in lines if line.strip())


def _moodle_anew(grades: Sequence[Final], feedback: Feedback) -> Exported:
    names = sorted({g.assignment for g in grades})
    scores = {(g.student, g.assignment): g.score for g in grades}
    people = {g.student: g for g in grades}
    heads = [head for name in names for head in (name, f"{name} (feedback)")]
    rows: list[Sequence[object]] = [(*MOODLE, *heads)]
    for student, known in sorted(people.items()):
        cells: list[str] = []
        for name in names:
            cells += [number(scores.get((student, name))), feedback.get((name, student), "")]
        rows.append((student, known.first_name, known.last_name, known.email, *cells))
    return Exported(sheet.written(rows), _pending(grades))


def _moodle_filled(grades: Sequence[Final], feedback: Feedback, worksheet: Sheet) -> Exported:
    if any(worksheet.column(name) is None for name in WORKSHEET):
        raise LabError("This is no grading worksheet of Moodle.", "In the assignment: Download grading worksheet.")
    names = sorted({g.assignment for g in grades})
    if len(names) != 1:
        raise LabError("A grading worksheet is of one assignment.", f"Name one of: {', '.join(names) or 'none yet'}.")
    grade, said = worksheet.column("Grade"), worksheet.column("Feedback comments")
    who = [worksheet.column(n) for n in ("Username", "ID number", "Email address", "Full name", "Identifier")]
    most = worksheet.column("Maximum Grade")
    matched = _Matched(grades)
    rows: list[list[str]] = []
    above = 0
    for row in worksheet.rows:
        cells = [row[place] for place in who if place is not None]
        student = matched.find(*cells, *_logins(cells))
        score, new = matched.score(student, names[0]), list(row)
        if score is not None and grade is not None:
            new[grade] = number(score)
            above += most is not None and score > _value(row[most])
        if said is not None and student is not None:
            new[said] = feedback.get((names[0], student), "") or row[said]
        rows.append(new)
    over = (
        (f"{above} grades are above Moodle's maximum grade, and Moodle skips those: raise it there.",) if above else ()
    )
    text = sheet.written([worksheet.header, *rows])
    return Exported(text, (*matched.unplaced(), *over, *_pending(grades)))


def _value(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("inf")


# ── who is who ────────────────────────────────────────────────────────────────────────────────────────────────


class _Matched:
    """Students found by what a platform calls them; remembers who has been."""

    def __init__(self, grades: Sequence[Final]) -> None:
        self.points: dict[str, float] = {}
        for g in grades:
            self.points[g.assignment] = max(g.points, self.points.get(g.assignment, 0.0))
        self._scores = {(g.student, g.assignment): g.score for g in grades}
        self._known: dict[str, set[str]] = {}
        for g in grades:
            full = f"{g.first_name} {g.last_name}".strip()
            for name in {g.student, g.email, g.lms, full, g.name}:
                self._known.setdefault(name.strip().casefold(), set()).add(g.student)
        self._known.pop("", None)
        self._placed: set[str] = set()

    def find(self, *names: str) -> str | None:
        """The student with the first of these names that is just one student's."""
        for name in names:
            found = self._known.get(name.strip().removeprefix("'").casefold(), set())
            if len(found) == 1:
                (student,) = found
                self._placed.add(student)
                return student
        return None

    def score(self, student: str | None, assignment: str) -> float | None:
        return None if student is None else self._scores.get((student, assignment))

    def unplaced(self) -> tuple[str, ...]:
        left = sorted({s for (s, _), score in self._scores.items() if score is not None} - self._placed)
        if not left:
            return ()
        who = ", ".join(left[:20]) + (f" and {len(left) - 20} more" if len(left) > 20 else "")
        return (f"Not found in the platform's file, so not exported: {who}.",)


def _logins(cells: Iterable[str]) -> list[str]:
    """What stands before the @ of addresses: often the login."""
    return [cell.partition("@")[0] for cell in cells if "@" in cell]


def _pending(grades: Iterable[Final]) -> tuple[str, ...]:
    count = sum(g.pending for g in grades)
    return (f"{count} hand-ins still wait for points given by hand (formgrader).",) if count else ()


# ── Gradescope ────────────────────────────────────────────────────────────────────────────────────────────────


def gradescope(result: Result, final: Final | None = None) -> dict[str, Any]:
    """A submission as Gradescope's results.json. The final score, where there is one, goes over the tests' sum."""
    score = result.score if final is None or final.score is None else final.score
    return {
        "score": round(score, 2),
        "execution_time": round(result.seconds, 3),
        "output": result.why,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(question) for question in result.questions],
        "extra_data": {
            "student": result.student,
            "assignment": result.assignment,
            "sandbox": result.sandbox,
            "graded_at": result.graded_at,
        },
    }


def _test(question: QuestionResult) -> dict[str, Any]:
    return {
        "number": question.question,
        "name": f"{question.question} {question.title}".strip(),
        "score": round(question.score, 2),
        "max_score": round(question.points, 2),
        "status": "passed" if question.outcome == "correct" else "failed",
        "output": "\n".join([question.message, *(_finding(finding) for finding in question.findings)]).strip(),
        "output_format": "text",
        "visibility": "visible",
    }


def _finding(finding: Mapping[str, Any]) -> str:
    advice = str(finding.get("advice") or "")
    said = f"{'✓' if finding.get('passed') else '✗'} {finding.get('text', '')}"
    return said if finding.get("passed") or not advice else f"{said} → {advice}"
