"""Claims about the notebooks built from a lab's source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecslab.errors import LabError
from grader import build, notebooks
from grader.build import Lab


def cells(text: str) -> dict[str, Any]:
    return {cell["id"]: cell for cell in json.loads(text)["cells"]}


def code(cell: Any) -> str:
    return "".join(cell["source"])


def replace(folder: Path, old: str, new: str) -> None:
    text = (folder / "lab.py").read_text()
    assert old in text
    (folder / "lab.py").write_text(text.replace(old, new))


def test_the_same_cells_give_the_same_bytes(mini_folder: Path) -> None:
    first, second = build.lab(mini_folder), build.lab(mini_folder)
    assert notebooks.student(first.cells) == notebooks.student(second.cells)
    assert notebooks.source(first.cells) == notebooks.source(second.cells)


def test_a_learners_notebook_holds_no_solution(mini: Lab) -> None:
    text = notebooks.student(mini.cells)
    assert "SOLUTION" not in text
    assert "256" not in code(cells(text)["q3-1-solution"])
    assert code(cells(text)["q3-1-solution"]) == (
        'cpu = None\nfor _ in range(1):\n    # YOUR CODE HERE\n    pass\nlab.answer("3.1", cpu)'
    )
    assert code(cells(text)["q3-2-solution"]) == notebooks.CODE_STUB


def test_a_notebook_has_no_outputs_and_no_counts(mini: Lab) -> None:
    for cell in cells(notebooks.source(mini.cells)).values():
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_cells_carry_nbgraders_marks(mini: Lab) -> None:
    built = cells(notebooks.source(mini.cells))
    marks = {name: cell["metadata"].get("nbgrader") for name, cell in built.items()}
    score = marks["q3-1-score"]
    assert (score["grade"], score["solution"], score["locked"], score["points"]) == (True, False, True, 2)
    solution = marks["q3-1-solution"]
    assert (solution["grade"], solution["solution"], solution["locked"]) == (False, True, False)
    assert "points" not in solution
    setup = marks["setup"]
    assert (setup["grade"], setup["solution"], setup["locked"]) == (False, False, True)
    assert {mark["schema_version"] for mark in marks.values() if mark} == {3}
    assert [name for name, mark in marks.items() if mark is None] == ["cell-001", "cell-003", "cell-005", "cell-006"]


def test_a_learner_cannot_edit_or_delete_what_grades(mini: Lab) -> None:
    metadata = {name: cell["metadata"] for name, cell in cells(notebooks.student(mini.cells)).items()}
    assert (metadata["q3-1-score"]["editable"], metadata["q3-1-score"]["deletable"]) == (False, False)
    assert metadata["q3-1-solution"]["deletable"] is False
    assert "editable" not in metadata["q3-1-solution"]
    assert metadata["cell-005"] == {}


def test_a_submission_holds_just_the_solutions_asked_for(mini: Lab) -> None:
    built = cells(notebooks.submission(mini.cells, ["3.1"]))
    assert "cpu = 256" in code(built["q3-1-solution"])
    assert code(built["q3-2-solution"]) == notebooks.CODE_STUB


def test_the_labs_stub_is_nbgraders(mini: Lab) -> None:
    config = (build.COURSE / "nbgrader_config.py").read_text()
    assert f'"python": {json.dumps(notebooks.CODE_STUB)}' in config


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points=2", "points=3", "3.1 needs one score cell with points=2"),
        ('lab.score("3.2")', 'lab.score("3.1")', "score cell of 3.2 does not end in lab.score"),
        ('question="3.2"', 'question="3.7"', "checks.py has no such question"),
        ('question="3.2" role="answer"', 'role="text"', "3.2 needs one solution or answer cell"),
        ("points=1", "", "has no points"),
        ('role="answer"', 'role="prophet"', "role 'prophet'"),
        ('question="3.1" role="check"', 'role="check"', "no question"),
    ],
)
def test_a_lab_that_could_not_be_graded_is_refused(mini_folder: Path, old: str, new: str, said: str) -> None:
    replace(mini_folder, old, new)
    with pytest.raises(LabError, match=said):
        build.lab(mini_folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    ### END SOLUTION\n", ""),
        ("    ### BEGIN SOLUTION\n", ""),
        ("    ### END SOLUTION\n", "    ### BEGIN SOLUTION\n"),
        ("# %%\nprint", "# %%\n### BEGIN SOLUTION\nprint"),
    ],
)
def test_solution_markers_that_do_not_pair_up_are_refused(mini_folder: Path, old: str, new: str) -> None:
    replace(mini_folder, old, new)
    with pytest.raises(LabError, match=r"marker|without"):
        notebooks.student(build.lab(mini_folder).cells)


def test_check_writes_nothing_and_fails_where_a_notebook_is_not_current(mini_folder: Path) -> None:
    notebook = mini_folder / "03-mini.ipynb"
    assert build.main(["--check", str(mini_folder)]) == 1
    assert not notebook.exists()
    build.build(build.lab(mini_folder), mini_folder.parent / "course")
    assert build.main(["--check", str(mini_folder)]) == 0
    replace(mini_folder, "Text of the lab", "Other text")
    before = notebook.read_bytes()
    assert build.main(["--check", str(mini_folder)]) == 1
    assert notebook.read_bytes() == before


def test_every_committed_notebook_is_current() -> None:
    folders = build.lab_folders()
    assert [folder.name for folder in folders if build.stale(build.lab(folder))] == [], "run python -m grader.build"
