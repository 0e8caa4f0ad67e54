"""A lab of three questions, a course beside it with things worth stealing, and a worker on each rung of the ladder."""

from __future__ import annotations

import hashlib
import secrets
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader import jobs, notebooks
from grader.build import Lab, lab
from grader.sandbox.ladder import probed
from grader.sandbox.rung import Limits

LAB = """# %% role="setup"
import ecslab

lab = ecslab.connect()
ecs = lab.client("ecs")

# %% question="9.1" role="solution"
### BEGIN SOLUTION
ecs.create_cluster(clusterName="first")
### END SOLUTION

# %% question="9.1" role="score" points=1
lab.score("9.1")

# %% question="9.2" role="solution"
### BEGIN SOLUTION
lab.answer("9.2", NUMBER)
### END SOLUTION

# %% question="9.2" role="score" points=2
lab.score("9.2")

# %% question="9.3" role="solution"
### BEGIN SOLUTION
ecs.create_cluster(clusterName="last")
### END SOLUTION

# %% question="9.3" role="score" points=1
lab.score("9.3")
"""
CHECKS = '''"""Hidden."""
from ecslab.checks import Question, failed, passed

NUMBER = {number}
SECRET = "{secret}"


def has(name):
    def check(world):
        there = world.ecs.describe_clusters(clusters=[name])["clusters"]
        yield passed("It is there.") if there and there[0]["status"] == "ACTIVE" else failed("It is not there.")
    return check


def number(world):
    yield passed("That is it.") if world.answer() == NUMBER else failed("Another number.", code="number")


QUESTIONS = (
    Question(number="9.1", title="First", points=1, check=has("first")),
    Question(number="9.2", title="Number", points=2, check=number, answer=True),
    Question(number="9.3", title="Last", points=1, check=has("last")),
)
'''
LIMITS = Limits(
    memory=1 << 30, processor=20, files=256, file_size=8 << 20, processes=32, disk=16 << 20, cell_seconds=2, seconds=12
)


@dataclass(frozen=True)
class Place:
    """Where things are that nobody inside may read or change."""

    lab: Lab
    course: Path
    number: int
    secret: str
    port: int
    heard: list[bytes]

    def solved(self) -> str:
        text = notebooks.submission(self.lab.cells, self.lab.points)
        return text.replace("NUMBER", str(self.number))

    def fingerprint(self) -> dict[str, str]:
        """What every file of the course and its labs holds."""
        folders = (self.course, self.lab.folder.parent)
        files = sorted(path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts)
        return {str(path): hashlib.md5(path.read_bytes()).hexdigest() for path in files if path.is_file()}


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    top = tmp_path_factory.mktemp("hostile")
    number, secret = secrets.randbelow(10**9) + 10**9, secrets.token_hex(12)
    folder, course = top / "labs" / "09-hostile", top / "course"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text(LAB)
    (folder / "checks.py").write_text(CHECKS.format(number=number, secret=secret))
    other = course / "submitted" / "other" / "09-hostile"
    other.mkdir(parents=True)
    (other / "09-hostile.ipynb").write_text(secret)
    with sqlite3.connect(course / "gradebook.db") as book:
        book.execute("create table secret (word text)")
        book.execute("insert into secret values (?)", (secret,))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        listening.settimeout(0.05)
        yield Place(lab(folder), course, number, secret, listening.getsockname()[1], _heard(listening))


class _heard(list[bytes]):  # noqa: N801
    """Who has dialled a port of this machine so far: looked at when it is asked for."""

    def __init__(self, listening: socket.socket) -> None:
        super().__init__()
        self._listening = listening

    def __bool__(self) -> bool:
        try:
            self._listening.accept()[0].close()
        except TimeoutError:
            return False
        return True


LACKING = {one.rung.name: one.lacking for one in probed()}


@pytest.fixture(scope="session", params=[pytest.param("docker", marks=pytest.mark.docker), "bubblewrap", "landlock"])
def worker(request: pytest.FixtureRequest, place: Place) -> Iterator[jobs.Settings]:
    """The settings of a worker on one rung, which grades in this thread."""
    if LACKING[request.param]:
        pytest.skip(f"{request.param}: {LACKING[request.param]}")
    yield jobs.Settings(labs=str(place.lab.folder.parent), exactly=request.param, limits=LIMITS)
    jobs.dismiss_all()


def graded(settings: jobs.Settings, notebook: str) -> dict[str, Any]:
    """What a worker says of a notebook."""
    return jobs.grade(settings, {"assignment": "09-hostile", "student": "mallory", "notebook": notebook})
