"""Claims about every lab: each exercise fails unsolved, passes solved, and knows the mistakes learners make.

The mistakes are told apart on the simulated runtime; on processes and in containers each exercise is solved.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import build
from grader.private import PrivateLab, private_lab
from grader.prove import Case, Disproved, cases, prove

RUNTIMES = ("simulated", "process", "docker")
LOADED = "11-service-auto-scaling"
"""The lab whose tasks really work for requests, where they really run."""
LABS = {folder.name: build.lab(folder) for folder in build.lab_folders()}
LIMIT = 1800.0
"""Real seconds after which a proof has failed."""


@pytest.fixture(scope="module")
def private() -> Iterator[PrivateLab]:
    with private_lab(build.LABS) as server:
        yield server


def proofs() -> Iterator[Any]:
    """Every lab on every runtime, as parameters."""
    for lab, runtime in itertools.product(LABS, RUNTIMES):
        marks = [pytest.mark.docker] if runtime == "docker" else []
        marks += [pytest.mark.alone] if lab == LOADED and runtime != "simulated" else []
        yield pytest.param(lab, runtime, marks=marks)


@pytest.mark.slow
@pytest.mark.parametrize(("lab", "runtime"), proofs())
def test_every_exercise_grades_right(lab: str, runtime: str) -> None:
    command = [sys.executable, "-m", "grader.prove", f"labs/{lab}", "--runtime", runtime]
    if runtime != "simulated":
        command.append("--solved")
    found = subprocess.run(command, cwd=build.LABS.parent, capture_output=True, text=True, timeout=LIMIT, check=False)
    wrong = "\n".join(line for line in found.stdout.splitlines() if not line.startswith("✓"))
    assert found.returncode == 0, f"{lab} on {runtime}:\n{wrong}\n{found.stderr[-3000:]}"
    assert "✓" in found.stdout


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
