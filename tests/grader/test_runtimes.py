"""Claims about every lab where something really runs: unsolved nothing, solved full marks, on processes and containers.

The mistakes are told apart on the simulated runtime (``test_labs.py``); here it is shown that the labs can be solved.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader import build
from grader.private import PrivateLab, private_lab
from grader.prove import Case, cases, prove

RUNTIMES = ["process", pytest.param("docker", marks=pytest.mark.docker)]
LABS = {folder.name: build.lab(folder) for folder in build.lab_folders()}
SOLVED = [
    pytest.param(lab, case, id=f"{case.question}-{case.name}")
    for lab in LABS.values()
    for case in cases(lab)
    if case.stub is not None
]


@pytest.fixture(scope="module", params=RUNTIMES)
def private(request: pytest.FixtureRequest) -> Iterator[PrivateLab]:
    with private_lab(build.LABS, request.param) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(("lab", "case"), SOLVED)
def test_an_exercise_can_be_solved_where_it_is_real(private: PrivateLab, lab: build.Lab, case: Case) -> None:
    prove(lab, case, private)
