"""Claims about nbgrader's own commands over our notebooks: solved, unsolved and half-solved get what they deserve."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from grader import build, notebooks
from grader.build import Lab
from grader.course import Course


def course_of(folder: Path, one: Lab) -> Course:
    course = Course(folder, one.folder.parent)
    course.assemble([one])
    course.generate(one.name)
    return course


def half(one: Lab) -> list[str]:
    return list(one.questions)[: len(one.questions) // 2]


def test_nbgrader_releases_what_we_commit(tmp_path: Path, mini: Lab) -> None:
    course = course_of(tmp_path / "course", mini)
    released = nbformat.read(course.folder / "release" / mini.name / f"{mini.name}.ipynb", 4)
    ours = nbformat.reads(notebooks.student(mini.cells), 4)
    assert [c.source for c in released.cells] == [c.source for c in ours.cells]
    for theirs, own in zip(released.cells, ours.cells, strict=True):
        theirs.metadata.get("nbgrader", {}).pop("checksum", None)
        assert theirs.metadata == own.metadata


def test_nbgrader_carries_partial_grades_and_shrugs_off_honest_accidents(tmp_path: Path, mini: Lab) -> None:
    course = course_of(tmp_path / "course", mini)
    partial = course.submit(mini, "a-partial", [])
    partial.write_text(partial.read_text().replace("cpu = None", "cpu = 8"))
    copied = nbformat.reads(notebooks.submission(mini.cells, mini.questions), 4)
    copied.cells.append(nbformat.from_dict(copied.cells[-1] | {"id": "pasted"}))
    nbformat.write(copied, course.submit(mini, "b-copied", []))
    deleted = nbformat.reads(notebooks.submission(mini.cells, mini.questions), 4)
    deleted.cells = [c for c in deleted.cells if c.id != "q3-1-score"]
    nbformat.write(deleted, course.submit(mini, "c-deleted", []))
    tampered = notebooks.submission(mini.cells, []).replace("None: 0.0", "None: 1.0")
    course.submit(mini, "d-tampered", []).write_text(tampered)
    course.submit(mini, "e-solved", mini.questions)
    grades = course.autograde(mini.name)
    assert {student: grade.score for student, grade in grades.items()} == {
        "a-partial": 0.5,
        "b-copied": 3.0,
        "c-deleted": 3.0,
        "d-tampered": 0.0,
        "e-solved": 3.0,
    }
    assert {grade.most for grade in grades.values()} == {3.0}
    pages = course.feedback(mini.name)
    assert sorted(pages) == sorted(grades)
    assert "Finding about 3.1." in pages["e-solved"].read_text()


LABS = {folder.name: build.lab(folder) for folder in build.lab_folders()}


@dataclass(frozen=True)
class Term:
    """The course of all labs, one gradebook, each lab handed in by three learners; pages of feedback as they come."""

    course: Course
    pages: dict[str, Future[dict[str, Path]]]


def hand_in_everything(folder: Path) -> Course:
    course = Course(folder)
    course.assemble(LABS.values())
    for name, one in LABS.items():
        course.generate(name)
        course.submit(one, "solved", one.questions)
        course.submit(one, "half", half(one))
        course.hand_in(name, "unsolved", one.student_path)
    return course


def grade(course: Course, name: str) -> dict[str, Path]:
    course.nbgrader("autograde", name)
    return course.feedback(name)


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Term]:
    """Two labs are graded at the same time: most of it is waiting for kernels."""
    course = hand_in_everything(tmp_path_factory.mktemp("course"))
    with ThreadPoolExecutor(2) as pool:
        yield Term(course, {name: pool.submit(grade, course, name) for name in LABS})


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_a_lab_is_graded_by_nbgrader_as_it_deserves(term: Term, name: str) -> None:
    pages, one = term.pages[name].result(), LABS[name]
    grades = {grade.student: grade for grade in term.course.grades(name)}
    points = one.points
    most = sum(points.values())
    expected = {"solved": most, "half": sum(points[number] for number in half(one)), "unsolved": 0.0}
    assert {student: grade.score for student, grade in grades.items()} == expected
    assert {grade.most for grade in grades.values()} == {most}
    _no_cell_of_an_unsolved_notebook_fails(term.course, one)
    assert sorted(pages) == ["half", "solved", "unsolved"]
    for number in one.questions:
        assert f"✓ {number} " in _plain(pages["solved"])
    assert f"{most:g} of {most:g} points" in _plain(pages["solved"])


@pytest.mark.slow
def test_the_whole_course_ends_in_one_gradebook(term: Term) -> None:
    for page in term.pages.values():
        page.result()
    most = sum(sum(one.points.values()) for one in LABS.values())
    whole = dict.fromkeys(("solved", "half", "unsolved"), 0.0)
    for name in LABS:
        for one in term.course.grades(name):
            whole[one.student] += one.score
    assert whole["solved"] == most
    assert 0.0 == whole["unsolved"] < whole["half"] < most


def _no_cell_of_an_unsolved_notebook_fails(course: Course, one: Lab) -> None:
    path = course.folder / "autograded" / "unsolved" / one.name / f"{one.name}.ipynb"
    outputs = [o for c in nbformat.read(path, 4).cells for o in c.get("outputs", [])]
    assert [json.dumps(o)[:400] for o in outputs if o.output_type == "error" or o.get("name") == "stderr"] == []


def _plain(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text()))
