"""A small lab whose questions are answers alone, so that the builder and the graders are tested by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.build import Lab, lab

MINI = """# %% [markdown]
# # Mini
# Text of the lab.

# %% role="setup"
import ecslab

lab = ecslab.connect()

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
lab.check("3.1")

# %% question="3.1" role="score" points=2
lab.score("3.1")

# %% question="3.2" role="answer"
lab.answer("3.2", 4)

# %% question="3.2" role="score" points=1
lab.score("3.2")
"""
CHECKS = """
from ecslab.checks import Question, failed, passed

def cpu(world):
    yield passed("Finding about 3.1.", weight=0.25)
    if world.answer() == 256:
        yield passed("The number is right.", weight=0.75)
    else:
        yield failed("The number is another one.", code="number", weight=0.75)

def count(world):
    yield passed("Counted.") if world.answer() == 4 else failed("Count again.", code="count")

QUESTIONS = (
    Question(number="3.1", title="Cpu", points=2, check=cpu, answer=True),
    Question(number="3.2", title="Count", points=1, check=count, answer=True),
)
"""


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
