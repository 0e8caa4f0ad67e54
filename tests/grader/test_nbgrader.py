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
from grader.course import Course, Grade


def course_of(folder: Path, one: Lab) -> Course:
    course = Course(folder)
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


@dataclass(frozen=True)
class Graded:
    """A lab that went through nbgrader's commands, handed in by three learners."""

    one: Lab
    course: Course
    grades: dict[str, Grade]
    pages: dict[str, Path]


def graded(one: Lab, folder: Path) -> Graded:
    course = course_of(folder, one)
    course.submit(one, "solved", one.questions)
    course.submit(one, "half", half(one))
    course.hand_in(one.name, "unsolved", one.student_path)
    grades = course.autograde(one.name)
    return Graded(one, course, grades, course.feedback(one.name))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Graded]]]:
    """Every lab, graded at the same time: most of it is waiting for kernels."""
    labs = [build.lab(folder) for folder in build.lab_folders()]
    with ThreadPoolExecutor(2) as pool:
        yield {one.name: pool.submit(graded, one, tmp_path_factory.mktemp(one.name)) for one in labs}


@pytest.mark.slow
@pytest.mark.parametrize("name", [folder.name for folder in build.lab_folders()])
def test_a_lab_is_graded_by_nbgrader_as_it_deserves(results: dict[str, Future[Graded]], name: str) -> None:
    seen = results[name].result()
    points = seen.one.points
    most = sum(points.values())
    expected = {"solved": most, "half": sum(points[number] for number in half(seen.one)), "unsolved": 0.0}
    assert {student: grade.score for student, grade in seen.grades.items()} == expected
    assert {grade.most for grade in seen.grades.values()} == {most}
    _no_cell_of_an_unsolved_notebook_fails(seen.course, seen.one)
    assert sorted(seen.pages) == ["half", "solved", "unsolved"]
    for number in seen.one.questions:
        assert f'lab.score("{number}")' in _plain(seen.pages["solved"])


def _no_cell_of_an_unsolved_notebook_fails(course: Course, one: Lab) -> None:
    path = course.folder / "autograded" / "unsolved" / one.name / f"{one.name}.ipynb"
    outputs = [o for c in nbformat.read(path, 4).cells for o in c.get("outputs", [])]
    assert [json.dumps(o)[:400] for o in outputs if o.output_type == "error" or o.get("name") == "stderr"] == []


def _plain(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text()))
