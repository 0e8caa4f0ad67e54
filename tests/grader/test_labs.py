"""Claims about every lab: each exercise fails unsolved, passes solved, and knows the mistakes learners make.

The mistakes are told apart on the simulated runtime; on processes and in containers each exercise is solved.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import build
from grader.private import PrivateLab, private_lab
from grader.prove import Case, Disproved, cases, prove
from tests.grader.proving import Proofs

RUNTIMES = ["simulated", "process", pytest.param("docker", marks=pytest.mark.docker)]
LABS = {folder.name: build.lab(folder) for folder in build.lab_folders()}


@pytest.fixture(scope="module")
def private() -> Iterator[PrivateLab]:
    with private_lab(build.LABS) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("lab", LABS)
def test_every_exercise_grades_right(proofs: Proofs, lab: str, runtime: str) -> None:
    proofs.check(lab, runtime)


@pytest.mark.parametrize("lab", LABS.values(), ids=lambda lab: lab.name)
def test_every_lab_has_five_exercises_and_a_mistake_for_most(lab: build.Lab) -> None:
    assert len(lab.questions) >= 5
    wrong = {case.question for case in cases(lab) if case.expects}
    assert len(wrong) * 2 >= len(lab.questions), f"questions without a mistake: {set(lab.questions) - wrong}"


def test_a_private_lab_leaves_nothing_behind() -> None:
    with private_lab(build.LABS) as server:
        home = Path(server.home)
        assert server.call("/_ecslab/status")["runtime"] == "simulated"
    assert not home.exists()
    with pytest.raises(OSError, match="refused"):
        server.call("/_ecslab/status")


def test_a_proof_can_fail(private: PrivateLab) -> None:
    lab = next(iter(LABS.values()))
    solved = next(case for case in cases(lab) if case.stub is not None)
    with pytest.raises(Disproved, match="points"):
        prove(lab, Case(question=solved.question, name="wrong", code="pass", score=solved.score, stub="pass"), private)
