"""Claims about questions that a person grades: a cell to write in with points, and no check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from ecslab.errors import LabError
from grader import notebooks
from grader.authoring.checklist import examined
from grader.authoring.pipeline import UNWALLED, points
from grader.build import Lab, lab
from grader.course import Course
from grader.prove import cases

MANUAL = """
# %% [markdown] question="3.9" role="manual" points=4
# Why does a lost task come back?
#
# ### BEGIN SOLUTION
# Because the service wants two.
# ### END SOLUTION
"""


@pytest.fixture
def essay(mini_folder: Path) -> Lab:
    source = mini_folder / "lab.py"
    source.write_text(source.read_text() + MANUAL)
    return lab(mini_folder)


def cell(text: str) -> dict[str, Any]:
    return next(one for one in json.loads(text)["cells"] if one["id"] == "q3-9-manual")


def test_it_is_written_by_the_learner_and_graded_by_hand(essay: Lab) -> None:
    built = cell(notebooks.student(essay.cells))
    marks = built["metadata"]["nbgrader"]
    assert (marks["grade"], marks["solution"], marks["locked"], marks["points"]) == (True, True, False, 4)
    assert built["cell_type"] == "markdown"
    assert "".join(built["source"]) == "Why does a lost task come back?\n\nYOUR ANSWER HERE"
    assert "the service wants two" in "".join(cell(notebooks.source(essay.cells))["source"])


def test_it_needs_no_check_and_is_not_proven(essay: Lab) -> None:
    assert not any(item.wrong for item in examined(essay.folder).items)
    assert {case.question for case in cases(essay)} == {"3.1", "3.2"}
    assert essay.points == {"3.1": 2, "3.2": 1}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("3.9", "3.1", "3.1 has a check; a cell that a person grades"),
        (" points=4", "", "manual cell of question 3.9 has"),
    ],
)
def test_one_that_could_not_be_graded_is_refused(mini_folder: Path, old: str, new: str, said: str) -> None:
    source = mini_folder / "lab.py"
    source.write_text(source.read_text() + MANUAL.replace(old, new))
    with pytest.raises(LabError, match=said):
        lab(mini_folder)


@pytest.mark.slow
def test_nbgrader_releases_it_as_we_do_and_leaves_its_points_open(tmp_path: Path, essay: Lab) -> None:
    course = Course(tmp_path / "course")
    course.assemble([essay])
    released = nbformat.read(course.generate(essay.name), 4)
    ours = nbformat.reads(notebooks.student(essay.cells), 4)
    assert [one.source for one in released.cells] == [one.source for one in ours.cells]
    course.submit(essay, "a-silent", [])
    course.submit(essay, "b-written", ["3.9"])
    (course.folder / "labs").symlink_to(essay.folder.parent)
    course.nbgrader("autograde", essay.name, "--create", UNWALLED)
    assert points(course.folder, essay.name, "a-silent")["q3-9-manual"] == 0
    assert points(course.folder, essay.name, "b-written")["q3-9-manual"] is None
