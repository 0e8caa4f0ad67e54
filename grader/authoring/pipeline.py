"""Hand-ins of a lab through the graders: do they give the points that the proof gave?

A temporary course in which the lab is handed in unsolved, solved and with each mistake that the proof let stand. It is
graded in the sandbox, as ``ecslab grade`` does (``sandboxed``), or by ``nbgrader autograde`` after nbgrader's own
``generate_assignment`` (``stock``). Invariant: nothing of it stays, and the teacher's own gradebook is never opened.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ecslab.checks.percent import Role
from ecslab.errors import LabError
from grader import notebooks
from grader.authoring.rounds import Proved
from grader.build import Lab
from grader.course import Course
from grader.prove import Case

Key = tuple[str, str]
ALL = "all"
"""In place of a question, for what was handed in whole."""
Done = Callable[["HandIn", str], None]
TOGETHER = 12
"""Hand-ins that one nbgrader command grades."""
UNWALLED = "--SandboxedExecute.unsafe=True"
"""What is graded here is the author's own: where there is no sandbox, it runs without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """One hand-in: its name, the notebook, the case it stands for, and the points that each question must get."""

    name: str
    notebook: str
    key: Key
    expects: Mapping[str, float]


def hand_ins(one: Lab, cases: Sequence[Case], proved: Iterable[Proved]) -> list[HandIn]:
    """The hand-ins whose points the proof knows: unsolved, solved, and one for each mistake that held.

    Before a mistake everything is solved: unlike a proof, a notebook also runs what the question does not need.
    """
    scores = {each.key: each.score for each in proved if not each.wrong}
    order = [cell.question for cell in one.cells if cell.role is Role.SCORE]
    found = [
        _hand_in(one, "unsolved", [], dict.fromkeys(one.questions, 0.0)),
        _hand_in(one, "solved", one.questions, one.points),
    ]
    for case in cases:
        if case.stub is None and (case.question, case.name) in scores:
            before = order[: order.index(case.question)]
            text = notebooks.submission(one.cells, before, {case.question: case.code})
            key = (case.question, case.name)
            name = re.sub(r"[^a-z0-9]+", "-", Path(case.name).stem.lower())
            found.append(HandIn(name=name, notebook=text, key=key, expects={case.question: scores[key]}))
    return found


def _hand_in(one: Lab, name: str, solved: Sequence[str], expects: Mapping[str, float]) -> HandIn:
    notebook = notebooks.submission(one.cells, solved)
    return HandIn(name=name, notebook=notebook, key=(ALL, name), expects=expects)


def stock(one: Lab, handed: Sequence[HandIn], workers: int, done: Done) -> dict[Key, str]:
    """Grade the hand-ins with nbgrader; by case, where its points are others. ``done`` hears of each as it comes.

    Errors: LabError where nbgrader cannot release the lab.
    """
    groups = [handed[start : start + TOGETHER] for start in range(0, len(handed), TOGETHER)]
    with _course(one) as course:
        course.generate(one.name)
        for number, group in enumerate(groups):
            for each in group:
                _submit(course, one, _student(number, each), each)
        with ThreadPoolExecutor(max(1, workers), thread_name_prefix="nbgrader") as pool:
            graded = pool.map(lambda numbered: _graded(course, one, *numbered), enumerate(groups))
            return _told((pair for group in graded for pair in group), done)


def sandboxed(one: Lab, handed: Sequence[HandIn], workers: int, done: Done) -> dict[Key, str]:
    """Grade the hand-ins as ``ecslab grade`` does; by case, where its points are others.

    Errors: LabError where no worker can be had.
    """
    from grader import batch, jobs  # late: they bring nbgrader's gradebook

    settings = jobs.Settings(labs=str(one.folder.parent), unsafe=True)
    by_name = {each.name: each for each in handed}
    with _course(one) as course, batch.local(max(1, workers)) as executor:
        for each in handed:
            _submit(course, one, each.name, each)
        assignment = batch.Assignment(course.folder, one)
        results = batch.grade_all(assignment, assignment.hand_ins(), settings, executor)
        return _told(
            (
                (
                    each,
                    _compared({question.grade_id: question.score for question in result.questions}, each, result.why),
                )
                for result in results
                for each in [by_name[result.student]]
            ),
            done,
        )


@contextmanager
def _course(one: Lab) -> Iterator[Course]:
    with tempfile.TemporaryDirectory(prefix="ecslab-course-") as folder:
        course = Course(Path(folder), one.folder.parent)
        course.assemble([one])
        (course.folder / "labs").symlink_to(one.folder.parent)
        yield course


def _submit(course: Course, one: Lab, student: str, each: HandIn) -> None:
    target = course.folder / "submitted" / student / one.name / f"{one.name}.ipynb"
    target.parent.mkdir(parents=True)
    target.write_text(each.notebook, encoding="utf-8")


def _told(graded: Iterable[tuple[HandIn, str]], done: Done) -> dict[Key, str]:
    wrong: dict[Key, str] = {}
    for each, words in graded:
        done(each, words)
        wrong |= {each.key: words} if words else {}
    return wrong


def _student(number: int, each: HandIn) -> str:
    return f"{number:03d}-{each.name}"


def _graded(course: Course, one: Lab, number: int, group: Sequence[HandIn]) -> list[tuple[HandIn, str]]:
    """Grade a group with one command (starting it costs as much as a hand-in); what is wrong with each."""
    said = ""
    try:
        course.nbgrader("autograde", one.name, "--create", "--student", f"{number:03d}-*", UNWALLED)
    except LabError as failed:
        said = failed.hint.splitlines()[-1] if failed.hint else failed.message
    return [(each, _compared(points(course.folder, one.name, _student(number, each)), each, said)) for each in group]


def _compared(found: Mapping[str, float | None], each: HandIn, said: str) -> str:
    if not found:
        return f"It could not be graded. {said}".strip()
    return "; ".join(
        f"{question} gets {found.get(_score_cell(question)) or 0:g} points, {wanted:g} in the proof"
        for question, wanted in each.expects.items()
        if found.get(_score_cell(question)) != wanted
    )


def _score_cell(question: str) -> str:
    return f"q{question.replace('.', '-')}-score"


def points(course: Path, assignment: str, student: str) -> dict[str, float | None]:
    """The points that a gradebook has for a hand-in, by the name of the score cell; nothing where it has none."""
    from nbgrader.api import Gradebook, MissingEntry  # late: it takes a second

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        try:
            notebook = gradebook.find_submission_notebook(assignment, assignment, student)
        except MissingEntry:
            return {}
        return {grade.name: grade.auto_score for grade in notebook.grades}
