"""New courses and new labs, from the templates beside: they build and prove as they are made.

Not an editor of labs. Invariant: nothing that exists is changed, and what cannot be made whole is not made at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ecslab.errors import LabError
from grader.authoring.place import CONFIG, Place, example
from grader.build import lab_folders

NAME = re.compile(r"(?!00)\d\d-[a-z0-9]+(-[a-z0-9]+)*")
_LAB = ("lab.py", "checks.py", "mistakes/run_not_kept.py")
_COURSE = {CONFIG: CONFIG, "README.md": "README.md", ".gitignore": "gitignore"}


def new_lab(place: Place, name: str) -> Path:
    """Make ``labs/NN-name``. Errors: LabError for a name that cannot be, or is there already."""
    if not NAME.fullmatch(name):
        raise LabError(
            f"{name!r} cannot be the name of a lab.",
            "Use two digits, a hyphen, and lower-case words joined by hyphens, such as 20-blue-green.",
        )
    folder = place.labs / name
    if folder.exists():
        raise LabError(f"{folder} is there already.", "Choose another name, or delete the folder yourself.")
    same = [other.name for other in lab_folders(place.labs) if other.name[:2] == name[:2]]
    if same:
        raise LabError(
            f"The number {name[:2]} belongs to {same[0]}, and questions are named after it.",
            f"Choose another number, such as {example(place.labs)[:2]}.",
        )
    words = {"n": str(int(name[:2])), "title": name[3:].replace("-", " ").capitalize()}
    _write(folder, {path: path for path in _LAB}, words)
    return folder


def new_course(folder: Path) -> Path:
    """Make a course folder of the teacher's own. Errors: LabError where there is something in it already."""
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LabError(
            f"{folder} is there already and is not empty.",
            "Choose a new folder; for a lab in a course that exists: ecslab course new NN-name --course DIR",
        )
    (folder / "labs").mkdir(parents=True)
    _write(folder, _COURSE, {"course": re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-") or "course"})
    return folder


def _write(folder: Path, templates: Mapping[str, str], words: Mapping[str, str]) -> None:
    for name, template in templates.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(_template(template), words), encoding="utf-8")


def _template(name: str) -> str:
    found: Traversable = files("grader.authoring").joinpath("templates", *f"{name}.txt".split("/"))
    return found.read_text(encoding="utf-8")


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text
