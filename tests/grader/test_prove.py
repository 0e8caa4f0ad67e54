"""Claims about the cases of a lab, before any server runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecslab.errors import LabError
from grader.build import Lab
from grader.prove import cases, mistake


def write(folder: Path, text: str) -> Path:
    (folder / "mistakes").mkdir(exist_ok=True)
    path = folder / "mistakes" / "zero.py"
    path.write_text(text)
    return path


def test_every_question_is_proven_unsolved_and_solved(mini: Lab) -> None:
    told = [(case.question, case.name, case.score, case.strict) for case in cases(mini)]
    assert told == [
        ("3.1", "unsolved", 0.0, True),
        ("3.1", "solved", 2, True),
        ("3.2", "unsolved", 0.0, True),
        ("3.2", "solved", 1, True),
    ]


def test_unsolved_is_what_the_learner_gets_and_solved_the_source(mini: Lab) -> None:
    unsolved, solved, *_ = cases(mini)
    assert "256" not in unsolved.code
    assert "cpu = 256" in solved.code
    assert "SOLUTION" not in solved.code


def test_a_mistake_says_its_question_and_what_it_expects(mini: Lab) -> None:
    write(mini.folder, "# question: 3.1\n# expects: T31, partial\n# score: 1.5\ncpu = 0\n")
    case = cases(mini)[-1]
    assert (case.question, case.name, case.expects, case.score) == ("3.1", "zero.py", ("T31", "partial"), 1.5)
    assert case.strict is False


def test_a_mistake_without_its_header_is_refused(mini: Lab) -> None:
    with pytest.raises(LabError, match=r"zero\.py does not say"):
        mistake(write(mini.folder, "# question: 3.1\ncpu = 0\n"))
