"""The nbgrader course: assembling it from the labs and running nbgrader's own commands in it.

Not a grader of its own: what is graded and how is nbgrader's, the points come from the labs' checks. Invariants:
a course folder can be anywhere (the teacher's is ``grader/``, tests use temporary ones); commands run with this
Python's own tools and never read another course's settings.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ecslab.errors import LabError
from grader import notebooks
from grader.build import COURSE, Lab

COMMAND_SECONDS = 600
_CONFIG = "nbgrader_config.py"
_NBGRADER = """
import sys
sys.modules["rfc3987_syntax"] = None  # jsonschema does without it; importing it takes half of nbgrader's start
from nbgrader.apps.nbgraderapp import main
main()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """What a learner got for a lab, in points."""

    student: str
    score: float
    most: float


@dataclass(frozen=True, slots=True)
class Course:
    """A course folder: ``source/`` and ``submitted/`` go in, ``release/``, ``autograded/``, ``feedback/`` come out."""

    folder: Path = COURSE
    labs: Path | None = None
    """Where the labs that are graded find their questions; None for the labs of this checkout."""

    def assemble(self, labs: Iterable[Lab]) -> None:
        """Write the settings (where they are missing) and each lab's source notebook with its solutions."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / _CONFIG).exists():
            shutil.copy(COURSE / _CONFIG, self.folder / _CONFIG)
        for lab in labs:
            _write(self._notebook("source", lab.name), notebooks.source(lab.cells))

    def submit(self, lab: Lab, student: str, solved: Iterable[str]) -> Path:
        """Hand in, as ``student``, the released notebook with just these questions solved as in the source."""
        target = self._notebook(f"submitted/{student}", lab.name)
        _write(target, notebooks.submission(lab.cells, solved))
        return target

    def hand_in(self, assignment: str, student: str, notebook: Path) -> Path:
        """Hand in a learner's own notebook file as ``student``."""
        target = self._notebook(f"submitted/{student}", assignment)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebook, target)
        return target

    def nbgrader(self, *arguments: str) -> str:
        """Run one nbgrader command here; what it said. Errors: LabError with its last words if it fails."""
        beside = str(Path(sys.executable).parent)  # nbgrader calls alembic by its bare name
        settings = {"PATH": os.pathsep.join([beside, os.environ.get("PATH", "")]), "PYTHONWARNINGS": "ignore"}
        settings |= {"ECSLAB_LABS": str(self.labs)} if self.labs else {}
        done = subprocess.run(
            [sys.executable, "-c", _NBGRADER, *arguments],
            cwd=self.folder,
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        said = done.stdout + done.stderr
        if done.returncode != 0:
            raise LabError(f"nbgrader {' '.join(arguments)} failed in {self.folder}.", said.strip()[-3000:])
        return said

    def generate(self, assignment: str) -> Path:
        """``nbgrader generate_assignment``: the released notebook, without solutions."""
        self.nbgrader("generate_assignment", assignment, "--force", "--create")
        return self._notebook("release", assignment)

    def autograde(self, assignment: str) -> dict[str, Grade]:
        """``nbgrader autograde`` for every hand-in of this assignment, then the grades by student."""
        self.nbgrader("autograde", assignment, "--force", "--create")
        return {grade.student: grade for grade in self.grades(assignment)}

    def feedback(self, assignment: str) -> dict[str, Path]:
        """``nbgrader generate_feedback``: the HTML page of each student."""
        self.nbgrader("generate_feedback", assignment, "--force")
        pages = sorted(self.folder.glob(f"feedback/*/{assignment}/{assignment}.html"))
        return {page.parent.parent.name: page for page in pages}

    def grades(self, assignment: str) -> list[Grade]:
        """``nbgrader export``, read back: one grade for each hand-in."""
        self.nbgrader("export")
        with (self.folder / "grades.csv").open(newline="", encoding="utf-8") as table:
            rows = [row for row in csv.DictReader(table) if row["assignment"] == assignment]
        return [
            Grade(student=row["student_id"], score=float(row["score"] or 0), most=float(row["max_score"]))
            for row in rows
        ]

    def _notebook(self, stage: str, assignment: str) -> Path:
        return self.folder / stage / assignment / f"{assignment}.ipynb"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
