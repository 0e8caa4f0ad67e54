"""Claims about the cases of a lab, before any server runs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ecslab.checks.percent import Cell
from ecslab.errors import LabError
from grader.build import Lab, lab
from grader.prove import cases, mistake, needed


def write(folder: Path, text: str) -> Path:
    (folder / "mistakes").mkdir(exist_ok=True)
    path = folder / "mistakes" / "zero.py"
    path.write_text(text)
    return path


def test_every_question_is_proven_unsolved_and_then_solved(mini: Lab) -> None:
    told = [(case.question, case.name, case.score) for case in cases(mini)]
    assert told == [("3.1", "unsolved, then solved", 2), ("3.2", "unsolved, then solved", 1)]


def test_unsolved_is_what_the_learner_gets_and_solved_the_source(mini: Lab) -> None:
    case = cases(mini)[0]
    assert case.stub is not None
    assert "256" not in case.stub
    assert "cpu = 256" in case.code
    assert "SOLUTION" not in case.code


def names(cells: Sequence[Cell]) -> list[str]:
    return [f"{cell.role} {cell.question}".strip() for cell in cells if cell.kind == "code"]


def test_without_needs_everything_before_a_question_runs(mini: Lab) -> None:
    assert names(needed(mini.cells, "3.2")) == [
        "setup",
        "solution 3.1",
        "text",
        "check 3.1",
        "score 3.1",
        "answer 3.2",
        "score 3.2",
    ]


def test_with_needs_only_setup_and_what_is_needed_runs(mini_folder: Path) -> None:
    path = mini_folder / "lab.py"
    path.write_text(path.read_text().replace('question="3.2" role="answer"', 'question="3.2" role="answer" needs=""'))
    assert names(needed(lab(mini_folder).cells, "3.2")) == ["setup", "answer 3.2", "score 3.2"]
    path.write_text(path.read_text().replace('needs=""', 'needs="3.1"'))
    assert len(needed(lab(mini_folder).cells, "3.2")) == len(lab(mini_folder).cells)


def test_a_mistake_says_its_question_and_what_it_expects(mini: Lab) -> None:
    write(mini.folder, "# question: 3.1\n# expects: T31, partial\n# score: 1.5\ncpu = 0\n")
    case = cases(mini)[-1]
    assert (case.question, case.name, case.expects, case.score) == ("3.1", "zero.py", ("T31", "partial"), 1.5)
    assert case.stub is None


def test_a_mistake_without_its_header_is_refused(mini: Lab) -> None:
    with pytest.raises(LabError, match=r"zero\.py does not say"):
        mistake(write(mini.folder, "# question: 3.1\ncpu = 0\n"))
