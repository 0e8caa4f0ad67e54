"""For the class: exports of grades, a report on what was learned, and a signal of similar work.

Not grading: it reads the recorded evidence, nbgrader's gradebook and the hand-ins, and writes nothing but the files it
is asked for. Invariant: whatever a student wrote is data here: never run, never a formula, never markup.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.classroom.report import ClassReport

__all__ = ["class_report"]


def class_report(course: str | Path, assignment: str, db_url: str = "") -> ClassReport:
    """The report on an assignment for a notebook: shown as it is, and ``save(path)`` writes it as one file."""
    from grader.classroom.report import class_report as made

    return made(Path(course), assignment, db_url)
