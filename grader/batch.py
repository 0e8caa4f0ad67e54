"""Grading an assignment: every hand-in through the workers, every result written by this process alone.

Not the judging (``trial``) and not the command (``cli``). Invariants: one bad submission stops nothing; what is
written for a submission (evidence, notebook, grades, feedback) is written whole, and once; a run that was cut off goes
on where it stood.
"""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from ecslab.errors import LabError
from ecslab.timeline import wall_clock
from grader import gradebook, jobs, notebooks
from grader.build import Lab, lab
from grader.claims import Claim, alone, claimed
from grader.feedback import feedback, score_outputs
from grader.marks import regraded, result_of
from grader.rebuild import MOST, Unreadable, rebuilt
from grader.result import Result, load, path_of, results, save

AHEAD = 24
"""Hand-ins that are given out before their turn, so that no worker waits; the others are not in memory yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """One hand-in: who, and the notebook file (which may be missing)."""

    student: str
    path: Path

    @property
    def text(self) -> str:
        """What was handed in, whatever it is; "" where there is no such file."""
        try:
            with self.path.open("rb") as file:
                return file.read(MOST + 1).decode("utf-8", "replace")
        except OSError:
            return ""

    @property
    def submitted(self) -> str | None:
        """The text of ``timestamp.txt`` beside it."""
        try:
            found = (self.path.parent / "timestamp.txt").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None
        return found if found and _is_time(found) else None


@dataclass(frozen=True)
class Assignment:
    """An assignment of a course: its lab, its folders, what was handed in."""

    course: Path
    lab: Lab

    @cached_property
    def released(self) -> Any:
        """The released notebook with nbgrader's checksums."""
        return gradebook.with_checksums(nbformat.reads(notebooks.student(self.lab.cells), as_version=4))

    def hand_ins(self, student: str = "*") -> list[HandIn]:
        """Every hand-in, by student; a folder without the notebook counts as one."""
        name = self.lab.name
        folders = sorted(path for path in (self.course / "submitted").glob(f"{student}/{name}") if path.is_dir())
        return [HandIn(student=folder.parent.name, path=folder / f"{name}.ipynb") for folder in folders]

    def graded(self, hand_in: HandIn) -> bool:
        """Whether this very hand-in has been graded, and all of it written."""
        name = self.lab.name
        try:
            known = load(path_of(self.course, hand_in.student, name))
        except (OSError, ValueError, TypeError, KeyError):
            return False
        there = (self.course / "autograded" / hand_in.student / name / f"{name}.ipynb").is_file()
        return there and known.digest == jobs.digest(hand_in.text)

    def write(self, result: Result, hand_in: HandIn, book: gradebook.Book) -> None:
        """Write everything that comes of a result; the evidence last, so that a half-written one is done again."""
        notebook, codes = self._notebook(result, hand_in)
        folder = self.course / "autograded" / result.student / self.lab.name
        shutil.rmtree(folder, ignore_errors=True)
        gradebook.written(notebook, folder / f"{self.lab.name}.ipynb")
        if hand_in.submitted:
            (folder / "timestamp.txt").write_text(hand_in.submitted, encoding="utf-8")
        page = self.course / "feedback" / result.student / self.lab.name / f"{self.lab.name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(feedback(result, codes), encoding="utf-8")
        book.record(result, notebook, hand_in.submitted)
        save(self.course, result)

    def _notebook(self, result: Result, hand_in: HandIn) -> tuple[Any, dict[str, str]]:
        """The graded notebook, with outputs written here, and the learner's solutions by cell."""
        try:
            answers = dict(rebuilt(self.lab, hand_in.text).answers)
        except Unreadable:
            answers = {}
        notebook = copy.deepcopy(self.released)
        for cell in notebook.cells:
            cell.source = answers.get(cell.id, cell.source)
        put_outputs(notebook, result)
        return notebook, answers


def put_outputs(notebook: Any, result: Result) -> None:
    """Write the outputs of a result into the cells of its notebook."""
    scores = {one.grade_id: score_outputs(one) for one in result.questions}
    shown = {one.grade_id: _shown(one) for one in result.cells}
    for number, cell in enumerate((one for one in notebook.cells if one.cell_type == "code"), 1):
        cell.execution_count = number
        found = scores.get(cell.id) or shown.get(cell.id) or []
        cell.outputs = [nbformat.from_dict(output) for output in found]


def _shown(cell: Any) -> list[dict[str, Any]]:
    outputs = [dict(output) for output in cell.outputs]
    if cell.error and not outputs:
        outputs.append({"output_type": "stream", "name": "stdout", "text": f"{cell.error}\n"})
    return outputs


def assignment_of(course: Path, name: str, labs: Path) -> Assignment:
    """The assignment ``name`` of a course. LabError where there is no such lab."""
    folder = jobs.labs_of(course, labs) / name
    if not (folder / "lab.py").is_file():
        known = ", ".join(sorted(path.parent.name for path in folder.parent.glob("*/lab.py"))) or "none"
        raise LabError(f"There is no lab {name}.", f"There are: {known}.")
    return Assignment(course=course, lab=lab(folder))


# ── running ───────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def local(workers: int) -> Iterator[Executor]:
    """Threads of this process, each with a worker process of its own."""
    with ThreadPoolExecutor(workers, thread_name_prefix="grader") as pool:
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            jobs.dismiss_all()


def grade_all(
    assignment: Assignment, hand_ins: Sequence[HandIn], settings: jobs.Settings, executor: Executor
) -> Iterator[Result]:
    """Grade every hand-in, and give each result once it is written. LabError where nothing can be graded at all.

    A hand-in that another grader of the course has under way, or has graded since, is left to it.
    """
    if not hand_ins:
        return
    answers = _Answers(assignment, hand_ins, settings, executor)
    answers.give_out()  # the workers start while nbgrader is being loaded
    with ExitStack() as ends:
        with alone(assignment.course):  # a new gradebook has its tables made by one of several graders
            book = ends.enter_context(gradebook.opened(assignment.course))
            book.prepare(assignment.lab, assignment.released)
        for hand_in, answer in answers:
            result = result_of(assignment.lab, hand_in.student, answer, wall_clock())
            assignment.write(result, hand_in, book)
            yield result


class _Answers:
    """The workers' answers as they come; only so many notebooks at a time are held in memory."""

    def __init__(
        self, assignment: Assignment, hand_ins: Sequence[HandIn], settings: jobs.Settings, executor: Executor
    ) -> None:
        self._name = assignment.lab.name
        self._waiting = iter(hand_ins)
        self._settings = settings
        self._executor = executor
        self._course = assignment.course
        self._before = {hand_in.student: self._stamp(hand_in) for hand_in in hand_ins}
        self._open: dict[Future[dict[str, Any]], tuple[HandIn, Claim]] = {}

    def _stamp(self, hand_in: HandIn) -> int:
        """When its result was written; 0 where there is none."""
        try:
            return path_of(self._course, hand_in.student, self._name).stat().st_mtime_ns
        except OSError:
            return 0

    def give_out(self) -> None:
        """Give the next hand-ins to the executor, until there are enough ahead. What another grader has is left out."""
        while len(self._open) < AHEAD and (hand_in := next(self._waiting, None)) is not None:
            claim = claimed(hand_in.path.parent)
            if claim is None:
                continue
            if self._stamp(hand_in) != self._before[hand_in.student]:
                claim.release()
                continue
            job = {"assignment": self._name, "student": hand_in.student, "notebook": hand_in.text}
            self._open[self._executor.submit(jobs.grade, self._settings, job)] = hand_in, claim

    def __iter__(self) -> Iterator[tuple[HandIn, dict[str, Any]]]:
        while True:
            self.give_out()
            if not self._open:
                return
            for done in wait(self._open, return_when=FIRST_COMPLETED).done:
                hand_in, claim = self._open.pop(done)
                yield hand_in, done.result()
                claim.release()


def regrade_all(
    assignment: Assignment, question: str, students: Iterable[str], settings: jobs.Settings, executor: Executor
) -> Iterator[tuple[Result, Result]]:
    """Take one question's score anew from the evidence of every result: (before, after). No notebook is run."""
    if question not in assignment.lab.points:
        there = ", ".join(assignment.lab.points)
        raise LabError(f"{assignment.lab.name} has no question {question}.", f"It has {there}.")
    wanted = set(students)
    known = {one.student: one for one in results(assignment.course, assignment.lab.name) if one.student in wanted}
    waiting = {executor.submit(jobs.grade, settings, _again(one, question)): one for one in known.values() if one.tape}
    by_student = {hand_in.student: hand_in for hand_in in assignment.hand_ins()}
    with gradebook.opened(assignment.course) as book:
        for future in as_completed(waiting):
            before, answer = waiting[future], future.result()
            after = regraded(before, answer["events"], wall_clock())
            assignment.write(after, by_student.get(before.student) or _nobody(before.student), book)
            yield before, after


def _again(result: Result, question: str) -> dict[str, Any]:
    """The job of taking one question's score anew."""
    return {"regrade": [question], "tape": list(result.tape), "student": result.student}


def _is_time(text: str) -> bool:
    from nbgrader.utils import parse_utc

    try:
        return isinstance(parse_utc(text), datetime)
    except (ValueError, OverflowError, TypeError):
        return False


def _nobody(student: str) -> HandIn:
    """A hand-in that is no longer there; its evidence still is."""
    return HandIn(student=student, path=Path(os.devnull))
