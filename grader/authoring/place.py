"""Where a course is: the folder of its labs, and the folder nbgrader works in.

The course of this checkout has its labs in ``labs/`` and nbgrader in ``grader/``; a teacher's own course has both in
one folder. Invariant: a ``Place`` that was found has both folders.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from ecslab.errors import LabError
from grader.build import COURSE, LABS, lab_folders

CONFIG = "nbgrader_config.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A course: ``labs`` holds the labs' sources, ``course`` what nbgrader reads and writes."""

    labs: Path
    course: Path

    @property
    def own(self) -> bool:
        """True for a teacher's own course, outside this checkout."""
        return self.course != COURSE

    @property
    def option(self) -> str:
        """What to add to a command so that it means this course."""
        return f" --course {self.course}" if self.own else ""

    def lab(self, name: str) -> Path:
        """The folder of a lab, by its name or path. Errors: LabError naming the nearest."""
        for folder in (self.labs / name, Path(name).resolve()):
            if (folder / "lab.py").is_file() and folder.resolve().parent == self.labs.resolve():
                return folder.resolve()
        known = [folder.name for folder in lab_folders(self.labs)]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.3) or known[:3]
        raise LabError(
            f"There is no lab {name!r} in {self.labs}.",
            f"Did you mean {' or '.join(near)}?" if near else f"Make one: ecslab course new {example(self.labs)}",
        )

    def chosen(self, names: list[str]) -> list[Path]:
        """The folders of these labs, of all where none is named. Errors: LabError where there is none."""
        found = [self.lab(name) for name in names] or lab_folders(self.labs)
        if not found:
            raise LabError(
                f"There is no lab in {self.labs} yet.",
                f"Make one: ecslab course new {example(self.labs)}{self.option}",
            )
        return found


def place(course: Path | None) -> Place:
    """The course that is meant: the one in this folder, else the current folder's, else this checkout's.

    Errors: LabError where there is none.
    """
    folder = (course or Path()).resolve()
    if folder == COURSE and LABS.is_dir():
        return Place(labs=LABS, course=COURSE)
    if (folder / CONFIG).is_file() and (folder / "labs").is_dir():
        return Place(labs=folder / "labs", course=folder)
    if course is None and LABS.is_dir():
        return Place(labs=LABS, course=COURSE)
    raise LabError(f"{folder} is no course: it needs {CONFIG} and labs/.", f"Run ecslab course new --course {folder}")


def example(labs: Path) -> str:
    """A name that a new lab could have."""
    numbers = [int(folder.name[:2]) for folder in lab_folders(labs)]
    return f"{max(numbers, default=0) + 1:02d}-my-lab"
