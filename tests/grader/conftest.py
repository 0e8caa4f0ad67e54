"""A small lab that needs no server: its ``lab`` object scores what the learner wrote, so the builder and nbgrader's
pipeline are tested by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.build import Lab, lab
from tests.grader.proving import Proofs, jobs_of

MINI = '''# %% [markdown]
# # Mini
# Text of the lab.

# %% role="setup"
class Mini:
    """Scores by what it was told."""

    told = {}

    def answer(self, number, value):
        self.told[number] = value

    def score(self, number):
        print(f"Finding about {number}.")
        return {None: 0.0, 256: 2.0, 4: 1.0}.get(self.told.get(number), 0.5)


lab = Mini()

# %% [markdown]
# Write.

# %% question="3.1" role="solution"
cpu = None
for _ in range(1):
    ### BEGIN SOLUTION
    cpu = 256
    assert cpu
    ### END SOLUTION
lab.answer("3.1", cpu)

# %%
print("a cell to play with")

# %% question="3.1" role="check"
lab.told

# %% question="3.1" role="score" points=2
lab.score("3.1")

# %% question="3.2" role="answer"
lab.answer("3.2", 4)

# %% question="3.2" role="score" points=1
lab.score("3.2")
'''
CHECKS = """
from ecslab.checks import Question, passed

def fine(world):
    yield passed("Fine.")

QUESTIONS = (
    Question(number="3.1", title="Cpu", points=2, check=fine),
    Question(number="3.2", title="Count", points=1, check=fine, answer=True),
)
"""


@pytest.fixture(scope="session")
def proofs(request: pytest.FixtureRequest) -> Iterator[Proofs]:
    """The proofs that the chosen tests ask for, begun with the first of them."""
    found = Proofs(jobs_of(request.session.items))
    yield found
    found.close()


@pytest.fixture
def mini_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "labs" / "03-mini"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text(MINI)
    (folder / "checks.py").write_text(CHECKS)
    return folder


@pytest.fixture
def mini(mini_folder: Path) -> Lab:
    return lab(mini_folder)
