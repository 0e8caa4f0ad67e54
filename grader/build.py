"""``python -m grader.build [--check] [LAB…]``: the notebooks of every lab, from its ``lab.py``.

Writes ``labs/NN-name/NN-name.ipynb`` (for learners, committed) and ``grader/source/NN-name/NN-name.ipynb`` (for
nbgrader, not committed). Invariant: with ``--check`` nothing is written, and a notebook that is not current is exit 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecslab.checks import percent
from ecslab.checks.question import Question
from ecslab.checks.registry import Registry
from ecslab.errors import LabError
from grader import notebooks

ROOT = Path(__file__).resolve().parent.parent
LABS = ROOT / "labs"
COURSE = ROOT / "grader"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A lab folder, read and found fit to be graded."""

    folder: Path
    cells: tuple[percent.Cell, ...]
    questions: tuple[str, ...]
    points: dict[str, float]

    @property
    def name(self) -> str:
        """The folder's name, which is nbgrader's assignment and notebook name too."""
        return self.folder.name

    @property
    def student_path(self) -> Path:
        """Where the learner's notebook is committed."""
        return self.folder / f"{self.name}.ipynb"


def lab(folder: Path) -> Lab:
    """Read a lab folder. Errors: LabError with every reason why it could not be graded."""
    cells, own = parts(folder)
    wrong = notebooks.faults(cells, own)
    if wrong:
        raise LabError(f"{folder.name} cannot be graded: {' '.join(wrong)}", "labs/README.md shows a lab.")
    return Lab(
        folder=folder,
        cells=cells,
        questions=tuple(question.number for question in own),
        points={question.number: question.points for question in own},
    )


def parts(folder: Path) -> tuple[tuple[percent.Cell, ...], tuple[Question, ...]]:
    """The cells and the questions of a lab, fit or not. Errors: LabError where one of its files does not load."""
    registry = Registry(folder.parent)
    own = tuple(listed.question for listed in registry.questions() if listed.lab == folder.name)
    if not own:
        registry.question(f"{int(folder.name[:2])}.1")  # says why checks.py does not load
    return percent.read(folder / "lab.py"), own


def lab_folders(labs: Path = LABS) -> list[Path]:
    """Every folder that holds a lab, in order."""
    return sorted(path.parent for path in labs.glob("[0-9][0-9]-*/lab.py"))


def stale(one: Lab) -> bool:
    """True where the committed notebook is not what ``lab.py`` gives today."""
    path = one.student_path
    return not path.is_file() or path.read_text(encoding="utf-8") != notebooks.student(one.cells)


def build(one: Lab, course: Path = COURSE) -> tuple[Path, Path]:
    """Write both notebooks of a lab; the learner's path and the source's."""
    target = course / "source" / one.name / f"{one.name}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    one.student_path.write_text(notebooks.student(one.cells), encoding="utf-8")
    target.write_text(notebooks.source(one.cells), encoding="utf-8")
    return one.student_path, target


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code is 0 where everything is built (or, with --check, current)."""
    parser = argparse.ArgumentParser(prog="python -m grader.build", description="Build the labs' notebooks.")
    parser.add_argument("labs", nargs="*", type=Path, metavar="LAB", help="lab folders (all, if none is named)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a notebook is not current")
    options = parser.parse_args(arguments)
    wrong = 0
    for folder in [path.resolve() for path in options.labs] or lab_folders():
        try:
            wrong += _one(lab(folder), options.check)
        except LabError as broken:
            print(broken, file=sys.stderr)
            wrong += 1
    return 1 if wrong else 0


def _one(one: Lab, check: bool) -> int:
    if not check:
        for path in build(one):
            print(f"built {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}")
        return 0
    if stale(one):
        print(f"{one.student_path.name} is not current: run python -m grader.build", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
