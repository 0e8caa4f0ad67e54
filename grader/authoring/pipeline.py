"""nbgrader's own pipeline over a lab: does it give the points that the proof gave?

A temporary course, the notebook released by ``generate_assignment``, handed in unsolved, solved and with each mistake
that the proof let stand, graded by ``nbgrader autograde``. Invariant: nothing of it stays, and the teacher's own
gradebook is never opened.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ecslab.errors import LabError
from grader import notebooks
from grader.authoring.rounds import Proved
from grader.build import Lab
from grader.course import Course
from grader.prove import Case, needed

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """One hand-in: who, the notebook, the cases it stands for, and the points that each question must get."""

    student: str
    notebook: str
    key: Key
    expects: Mapping[str, float]


def hand_ins(one: Lab, cases: Sequence[Case], proved: Iterable[Proved]) -> list[HandIn]:
    """The hand-ins whose points the proof knows: unsolved, solved, and one for each mistake that held."""
    scores = {each.key: each.score for each in proved if not each.wrong}
    found = [
        _hand_in(one, "unsolved", [], dict.fromkeys(one.questions, 0.0)),
        _hand_in(one, "solved", one.questions, one.points),
    ]
    for case in cases:
        if case.stub is None and (case.question, case.name) in scores:
            before = [cell.question for cell in needed(one.cells, case.question) if cell.written]
            text = notebooks.submission(one.cells, before, {case.question: case.code})
            key = (case.question, case.name)
            student = f"mistake-{re.sub(r'[^a-z0-9-]+', '-', Path(case.name).stem.lower())}"
            found.append(HandIn(student=student, notebook=text, key=key, expects={case.question: scores[key]}))
    return found


def _hand_in(one: Lab, student: str, solved: Sequence[str], expects: Mapping[str, float]) -> HandIn:
    notebook = notebooks.submission(one.cells, solved)
    return HandIn(student=student, notebook=notebook, key=("all", student), expects=expects)


def compared(one: Lab, handed: Sequence[HandIn], workers: int, done: Callable[[HandIn, str], None]) -> dict[Key, str]:
    """Grade the hand-ins with nbgrader; by case, where its points are others. ``done`` hears of each as it comes.

    Errors: LabError where nbgrader cannot release the lab.
    """
    with tempfile.TemporaryDirectory(prefix="ecslab-course-") as folder:
        course = Course(Path(folder), one.folder.parent)
        course.assemble([one])
        course.generate(one.name)
        for each in handed:
            target = course.folder / "submitted" / each.student / one.name / f"{one.name}.ipynb"
            target.parent.mkdir(parents=True)
            target.write_text(each.notebook, encoding="utf-8")
        wrong: dict[Key, str] = {}
        with ThreadPoolExecutor(max(1, workers), thread_name_prefix="nbgrader") as pool:
            verdicts = pool.map(lambda each: _compared(course, one, each), handed)
            for each, words in zip(handed, verdicts, strict=True):
                done(each, words)
                wrong |= {each.key: words} if words else {}
        return wrong


def _compared(course: Course, one: Lab, each: HandIn) -> str:
    try:
        course.nbgrader("autograde", one.name, "--create", "--student", each.student)
    except LabError as failed:
        return f"nbgrader could not grade it: {failed.hint.splitlines()[-1] if failed.hint else failed.message}"
    found = points(course.folder, one.name, each.student)
    different = [
        f"{question} gets {found.get(_score_cell(question), 0.0):g} points from nbgrader, {wanted:g} in the proof"
        for question, wanted in each.expects.items()
        if found.get(_score_cell(question)) != wanted
    ]
    return "; ".join(different)


def _score_cell(question: str) -> str:
    return f"q{question.replace('.', '-')}-score"


def points(course: Path, assignment: str, student: str) -> dict[str, float | None]:
    """The points that a gradebook has for a hand-in, by the name of the score cell."""
    from nbgrader.api import Gradebook  # late: it takes a second

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        notebook = gradebook.find_submission_notebook(assignment, assignment, student)
        return {grade.name: grade.auto_score for grade in notebook.grades}
