"""The one writer to nbgrader's gradebook: an assignment as ``generate_assignment`` enters it, and results as grades.

nbgrader's own tables through its own API, so formgrader, ``nbgrader export`` and everything else see no difference.
Invariants: a manual score and a manual comment are never overwritten; a submission is written in one commit.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbformat.v4 import nbjson

from ecslab.errors import LabError
from ecslab.timeline import real_sleep
from grader.build import Lab
from grader.result import Result

CONFIG = "nbgrader_config.py"
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
"""Real seconds between two attempts to write."""


def settings_of(course: Path) -> Any:
    """The course's nbgrader settings, as a traitlets ``Config``."""
    from traitlets.config import Config, PyFileConfigLoader

    if not (course / CONFIG).is_file():
        return Config()
    return PyFileConfigLoader(CONFIG, path=str(course)).load_config()


def url_of(course: Path, config: Any) -> str:
    """The gradebook's database: ``CourseDirectory.db_url``, or ``gradebook.db`` in the course."""
    given = config.CourseDirectory.get("db_url", "")
    return str(given) if isinstance(given, str) and given else f"sqlite:///{course.resolve() / 'gradebook.db'}"


class Book:
    """An open gradebook."""

    def __init__(self, course: Path) -> None:
        from nbgrader.api import Gradebook

        beside = str(Path(sys.executable).parent)
        if beside not in os.environ.get("PATH", "").split(os.pathsep):  # nbgrader calls alembic by its bare name
            os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", "")])
        self._config = settings_of(course)
        identity = self._config.CourseDirectory.get("course_id", "")
        url = url_of(course, self._config)
        try:
            self._book = _unlocked(lambda: Gradebook(url, identity if isinstance(identity, str) else ""))
        except ModuleNotFoundError as lacking:
            raise LabError(
                f"The gradebook's database needs the Python package {lacking.name}.",
                "For PostgreSQL: pip install 'psycopg[binary]'.",
            ) from None
        except Exception as failed:
            why = _without_password(str(failed).strip(), url)
            raise LabError(
                f"The gradebook cannot be opened: {why}.", "Is CourseDirectory.db_url right, and its server running?"
            ) from None
        self._penalties: Any = None

    def close(self) -> None:
        """Close the database."""
        self._book.close()

    def prepare(self, lab: Lab, released: Any) -> None:
        """Enter the assignment with its notebook and cells, where they are not there yet or have changed."""
        self._written(lambda: self._prepare(lab, released))

    def _prepare(self, lab: Lab, released: Any) -> None:
        book, name = self._book, lab.name
        book.update_or_create_assignment(name)
        known = {cell.name: cell for cell in self._source_cells(name)}
        marked = [cell for cell in released.cells if "nbgrader" in cell.metadata]
        if {cell.metadata.nbgrader.grade_id for cell in marked} == set(known) and all(
            known[cell.metadata.nbgrader.grade_id].source == cell.source for cell in marked
        ):
            return
        book.update_or_create_notebook(name, name, kernelspec=_kernelspec(released))
        for cell in marked:
            self._enter(name, cell)

    def _source_cells(self, name: str) -> list[Any]:
        from nbgrader.api import MissingEntry

        try:
            return list(self._book.find_notebook(name, name).source_cells)
        except MissingEntry:
            return []

    def _enter(self, name: str, cell: Any) -> None:
        marks, book = cell.metadata.nbgrader, self._book
        identity = (marks.grade_id, name, name)
        if marks.grade:
            book.update_or_create_grade_cell(*identity, max_score=float(marks.points), cell_type=cell.cell_type)
        if marks.solution:
            book.update_or_create_solution_cell(*identity)
        book.update_or_create_source_cell(
            *identity,
            cell_type=cell.cell_type,
            locked=marks.locked,
            source=cell.source,
            checksum=marks.get("checksum"),
        )

    def record(self, result: Result, notebook: Any, submitted: str | None) -> None:
        """Write one result: scores, comments, lateness. ``submitted`` is the text of a ``timestamp.txt``, if any.

        Where another writer is in the way it is tried again for half a minute. LabError if it still is.
        """
        self._written(lambda: self._record(result, notebook, submitted))

    def _written(self, work: Callable[[], None]) -> None:
        from nbgrader.api import InvalidEntry
        from sqlalchemy.exc import IntegrityError, OperationalError

        for pause in (*PAUSES, None):
            try:
                work()
                return
            except (OperationalError, IntegrityError, InvalidEntry) as busy:
                self._book.db.rollback()
                if pause is None:
                    raise _held(busy) from busy
                real_sleep(pause)

    def _record(self, result: Result, notebook: Any, submitted: str | None) -> None:
        name = result.assignment
        self._book.update_or_create_student(result.student)
        given = {"timestamp": submitted} if submitted else {}
        with self._book.db.no_autoflush:  # nbgrader makes the parts of a submission before it is entered
            submission = self._book.update_or_create_submission(name, result.student, **given)
        entry = next(one for one in submission.notebooks if one.name == name)
        scores = {one.grade_id: one for one in result.questions}
        cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
        for grade in entry.grades:
            self._grade(grade, scores, cells)
        for comment in entry.comments:
            self._comment(comment, cells)
        self._lateness(submission, entry, result.student)
        self._book.db.commit()

    def _grade(self, grade: Any, scores: Mapping[str, Any], cells: Mapping[str, Any]) -> None:
        found = scores.get(grade.name)
        if found is not None:
            grade.auto_score = found.score
            grade.needs_manual_grade = grade.manual_score is not None
            return
        empty = _unchanged(cells.get(grade.name))  # a cell that a person grades: 0 where nothing was written
        grade.auto_score = 0.0 if empty else None
        grade.needs_manual_grade = not empty

    def _comment(self, comment: Any, cells: Mapping[str, Any]) -> None:
        comment.auto_comment = "No response." if _unchanged(cells.get(comment.name)) else None

    def _lateness(self, submission: Any, entry: Any, student: str) -> None:
        entry.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            if self._penalties is None:
                from nbgrader.preprocessors import AssignLatePenalties

                self._penalties = AssignLatePenalties(config=self._config)
                self._penalties.init_plugin()
            self._book.db.flush()
            late = self._penalties.plugin_inst.late_submission_penalty(
                student, entry.score, submission.total_seconds_late
            )
            if late is not None:
                entry.late_submission_penalty = max(0.0, min(float(late), float(entry.score)))

    def scores(self, assignment: str) -> dict[str, float]:
        """The final score of each student: manual grades, extra credit and penalties counted."""
        found = self._book.assignment_submissions(assignment)
        return {one.student.id: max(0.0, one.score - (one.late_submission_penalty or 0.0)) for one in found}


@contextmanager
def opened(course: Path) -> Iterator[Book]:
    """The course's gradebook. LabError where it cannot be opened."""
    book = Book(course)
    try:
        yield book
    finally:
        book.close()


def with_checksums(notebook: Any) -> Any:
    """The notebook with nbgrader's checksums, by which it knows a cell that nobody changed."""
    from nbgrader.utils import compute_checksum

    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    return notebook


def _unchanged(cell: Any) -> bool:
    from nbgrader.utils import compute_checksum

    return cell is None or cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)


def _unlocked(opening: Callable[[], Any]) -> Any:
    """What ``opening`` gives, once no other writer has SQLite's file locked or is making the same tables."""
    from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

    for pause in (*PAUSES, None):
        try:
            return opening()
        except (OperationalError, IntegrityError, ProgrammingError) as busy:
            met = isinstance(busy, IntegrityError) or any(words in str(busy) for words in ("locked", "already exists"))
            if pause is None or not met:
                raise
            real_sleep(pause)
    return None


def _held(busy: Exception) -> LabError:
    return LabError(
        f"The gradebook could not be written: {str(busy).splitlines()[0]}.",
        "Is another program holding it? Run the same command again: it goes on where it stopped.",
    )


def _without_password(text: str, url: str) -> str:
    """An error's text, in which a database's address may stand, without the secret in it."""
    secret = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
    return text.replace(secret, "***") if secret else text


def _kernelspec(notebook: Any) -> str:
    return json.dumps(notebook.metadata.get("kernelspec", {}))


def written(notebook: Any, path: Path) -> None:
    """Write a notebook so that a reader sees all of it or the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_text(nbjson.writes(notebook) + "\n", encoding="utf-8")
    draft.replace(path)
