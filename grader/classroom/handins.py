"""The hand-ins of an assignment, read for comparison: each student's own cells, without what the course gave.

Files from strangers: nothing is run, only plain files of a bearable size are opened. Invariant: what cannot be read is
listed with a reason and stops nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.classroom import fingerprints
from grader.classroom.fingerprints import Shape

MOST_BYTES = 30_000_000
MOST_CELLS = 400
MOST_LETTERS, MOST_OWN = 400_000, 8000
"""Of one hand-in's cells, and fingerprints that are compared: one made to be huge is cut, and said to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCell:
    """A cell of a student's, and the fingerprints in it that the released notebook does not have."""

    name: str
    source: str
    shape: Shape
    prints: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """A student's own cells, with all their fingerprints and marks together."""

    student: str
    cells: tuple[OwnCell, ...]
    prints: frozenset[int]
    marks: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Everything handed in; ``solved`` are the fingerprints of the teacher's own solution."""

    handed: tuple[HandIn, ...]
    solved: frozenset[int]
    skipped: tuple[tuple[str, str], ...] = ()


def read(course: Path, assignment: str) -> Class:
    """The hand-ins under ``submitted/``, against what ``release/`` and ``source/`` hold of the assignment."""
    given_prints, given_text = _given(course / "release" / assignment)
    source_prints, source_text = _given(course / "source" / assignment)
    if not given_prints and not given_text:
        given_prints, given_text = _locked(course / "source" / assignment)
    said = f"{given_text}\n{source_text}".casefold()
    handed, skipped = [], []
    for folder in sorted((course / "submitted").glob(f"*/{assignment}")):
        student = folder.parent.name
        try:
            cells = [cell for path in _notebooks(folder) for cell in cells_of(path)]
            if not cells:
                raise ValueError("there is no notebook with cells")
            handed.append(_hand_in(student, cells, given_prints, said))
            if sum(len(source) for _, _, source in cells) > MOST_LETTERS or len(handed[-1].prints) >= MOST_OWN:
                skipped.append((student, "it is so large that only its beginning was compared"))
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            skipped.append((student, str(error)[:200] or type(error).__name__))
    return Class(handed=tuple(handed), solved=source_prints - given_prints, skipped=tuple(skipped))


def _hand_in(student: str, cells: list[tuple[str, str, str]], given: frozenset[int], said: str) -> HandIn:
    own = []
    marks: set[str] = set()
    letters, left = MOST_LETTERS, MOST_OWN
    for name, kind, source in cells:
        if letters <= 0 or left <= 0:
            break
        letters -= len(source)
        shape = fingerprints.code(source) if kind == "code" else fingerprints.prose(source)
        prints = shape.prints - given
        if prints:
            prints = frozenset(sorted(prints)[:left])
            left -= len(prints)
            own.append(OwnCell(name=name, source=source, shape=shape, prints=prints))
        marks |= {mark for mark in shape.marks if mark not in said}
    together = frozenset().union(*(cell.prints for cell in own))
    return HandIn(student=student, cells=tuple(own), prints=together, marks=frozenset(marks))


def cells_of(path: Path) -> list[tuple[str, str, str]]:
    """(name, kind, source) of a notebook's cells. ValueError for what is no notebook, OSError."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        said = json.loads(path.read_bytes())
    except ValueError:
        raise ValueError(f"{path.name} is no JSON") from None
    cells = said.get("cells") if isinstance(said, dict) else None
    if not isinstance(cells, list):
        raise ValueError(f"{path.name} is no notebook of format 4")
    return [found for number, cell in enumerate(cells[:MOST_CELLS], 1) for found in _cell(cell, number)]


def _cell(cell: Any, number: int) -> Iterator[tuple[str, str, str]]:
    """Code, and written answers. Locked cells are not told apart: untouched they are the released notebook's."""
    if not isinstance(cell, Mapping):
        return
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    marks = marks if isinstance(marks, Mapping) else {}
    source = cell.get("source")
    text = "".join(str(line) for line in source) if isinstance(source, list) else source
    kind = cell.get("cell_type")
    written = kind == "code" or (kind == "markdown" and marks.get("solution") is True)
    if isinstance(text, str) and text.strip() and written:
        yield str(marks.get("grade_id") or cell.get("id") or f"cell {number}")[:80], str(kind), text


def _notebooks(folder: Path) -> list[Path]:
    """The notebooks right in a folder, no links: what they point to is not the student's."""
    return [path for path in sorted(folder.glob("*.ipynb")) if path.is_file() and not path.is_symlink()]


def _given(folder: Path) -> tuple[frozenset[int], str]:
    """The fingerprints and the whole text of the teacher's notebooks."""
    prints: set[int] = set()
    text = []
    for path in _notebooks(folder):
        for _, kind, source in cells_of(path):
            prints |= (fingerprints.code(source) if kind == "code" else fingerprints.prose(source)).prints
        text.append(_text(path))
    return frozenset(prints), "\n".join(text)


def _text(path: Path) -> str:
    said = json.loads(path.read_bytes())
    return " ".join("".join(cell.get("source", "")) for cell in said.get("cells", []))


def _locked(folder: Path) -> tuple[frozenset[int], str]:
    """Without a released notebook: what the source has outside its solution cells."""
    prints: set[int] = set()
    for path in _notebooks(folder):
        for cell in json.loads(path.read_bytes()).get("cells", []):
            marks = cell.get("metadata", {}).get("nbgrader", {})
            if not marks.get("solution") and cell.get("cell_type") == "code":
                prints |= fingerprints.code("".join(cell.get("source", ""))).prints
    return frozenset(prints), ""
